# SPDX-License-Identifier: LGPL-2.1-or-later
#
# kernel-format.awk - is a file exactly as the kernel prints it?
#
# awk -v format=NAME -f kernel-format.awk FILE
#
# Takes each line apart and prints it again by the kernel's format; a line that
# comes out different is wrong. Prints what each line is about, without the
# numbers, for comparison with another file. The same parser reads the samples
# of a real kernel and the files of the mount.

function wrong(why)
{
	printf "%s:%d: %s: '%s'\n", FILENAME, FNR, why, $0 > "/dev/stderr"
	bad = 1
	exit 1
}

function check(text)
{
	if (text != $0)
		wrong("should be '" text "'")
}

function number(text)
{
	if (text !~ /^[0-9]+$/)
		wrong("no number: " text)
	return text
}

# Fields from @first on, each by @width and a blank behind.
function columns(first, last, width,	i, text)
{
	for (i = first; i <= last; i++)
		text = text sprintf("%" width "s ", number($i))
	if (NF != last)
		wrong(NF " fields")
	return text
}

function comma(text)
{
	return substr(text, 1, length(text) - 1)
}

function buddyinfo()
{
	check(sprintf("Node %d, zone %8s ", comma($2), $4) columns(5, 15, 6))
	print "zone"
}

function orders(first, last,	i, text)
{
	for (i = first; i <= last; i++)
		text = text sprintf("%6d ", i - first)
	return text
}

function pagetypeinfo(	i, text)
{
	if (/^Page block order: [0-9]+$/ || /^Pages per block:  [0-9]+$/ ||
	    /^$/) {
		print $1, $2
	} else if (/^Free pages/) {
		check(sprintf("%-43s ", "Free pages count per migrate type at order") \
		      orders(9, 19))
		print "free"
	} else if (/^Number of blocks/) {
		text = sprintf("%-23s", "Number of blocks type ")
		for (i = 5; i <= NF; i++)
			text = text sprintf("%12s ", $i)
		check(text)
		types = NF - 4
		print "blocks"
	} else if ($5 == "type") {
		check(sprintf("Node %4d, zone %8s, type %12s ", comma($2),
			      comma($4), $6) columns(7, 17, 6))
		print "type", $6
	} else {
		check(sprintf("Node %d, zone %8s ", comma($2), $4) \
		      columns(5, 4 + types, 12))
		print "zone"
	}
}

# Labels of zoneinfo are padded to what the number follows.
function zoneinfo(	i)
{
	if ($1 == "Node") {
		check(sprintf("Node %d, zone %8s", comma($2), $4))
		print "zone"
	} else if (/^  per-node stats$/ || /^  pagesets$/) {
		print $1
	} else if ($1 == "cpu:") {
		check("    cpu: " number($2))
		print "cpu"
	} else if (/^        protection: \([0-9]+(, [0-9]+)*\)$/) {
		print "protection", NF
	} else if ($1 == "pages") {
		check(sprintf("  pages %-8s %s", $2, number($3)))
		print "free"
	} else if (/^              /) {
		check(sprintf("              %-9s %s", $1, number($2)))
		print $1
	} else if (/^        /) {
		check(sprintf("        %-8s %s", $1, number($2)))
		print $1
	} else if (/^      /) {
		check(sprintf("      %-12s %s", $1, number($2)))
		print $1
	} else if ($1 == "vm") {
		check("  vm stats threshold: " number($4))
		print "threshold"
	} else {
		check(sprintf("  %-20s %s", $1, number($2)))
		print $1
	}
}

function vmstat()
{
	check($1 " " number($2))
	print $1
}

function meminfo()
{
	if ($1 ~ /^HugePages_/)
		check(sprintf("%-16s%8s", $1, number($2)))
	else
		check(sprintf("%-16s%8s kB", $1, number($2)))
	print $1
}

function extfrag(	i, text)
{
	text = sprintf("Node %d, zone %8s ", comma($2), $4)
	for (i = 5; i <= NF; i++) {
		if ($i !~ /^-?[01]\.[0-9][0-9][0-9]$/)
			wrong("no index: " $i)
		text = text sprintf(format == "extfrag_index" ? "%6s " : "%s ",
				    $i)
	}
	if (NF != 15)
		wrong(NF " fields")
	check(text)
	print "zone"
}

format == "buddyinfo" { buddyinfo(); next }
format == "pagetypeinfo" { pagetypeinfo(); next }
format == "zoneinfo" { zoneinfo(); next }
format == "vmstat" { vmstat(); next }
format == "meminfo" { meminfo(); next }
format == "extfrag_index" || format == "unusable_index" { extfrag(); next }
{ wrong("unknown format " format) }

END { exit bad }
