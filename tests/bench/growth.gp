# growth.gp - draws what bench_growth printed, which is in the file named by
# the variable table: gnuplot -e "table='growth.txt'" growth.gp > growth.svg
set terminal svg size 900,420 background "white"
set multiplot layout 1,3
set logscale xy
set yrange [1:*]
set format x "10^{%T}"
set ylabel "ns"
set key top left
of(kind, name) = sprintf("< grep '^%s ' %s | grep '%s' | sed 's/%s/x/'", kind, table, name, name)
set xlabel "objects in use"
plot for [n in "'hot pair' 'replace at random'"] of("objects", n) using 2:4 with linespoints title n
set xlabel "caches"
plot for [n in "'pair in turn' 'pair in one' 'create and destroy'"] of("caches", n) using 2:4 with linespoints title n
set xlabel "MiB of the arena"
plot for [n in "kmem_init 'hot pair' 'page, order 0' 'page, order 10'"] of("MiB", n) using 2:4 with linespoints title n
