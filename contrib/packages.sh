# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# packages.sh - install_packages, for contrib/try and contrib/check

is_installed() {
	dpkg-query -W -f='${db:Status-Status}\n' "$1" 2> /dev/null |
		grep -qx installed
}

# install_packages NAME... - install those that are missing, saying so before
install_packages() {
	local name missing=() as_root=()

	if ! command -v apt-get > /dev/null; then
		echo "No apt-get here; these have to be there already: $*"
		return 0
	fi
	for name; do
		is_installed "$name" || missing+=("$name")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		if ! command -v sudo > /dev/null; then
			echo "Please install, as root: ${missing[*]}" >&2
			return 1
		fi
		as_root=(sudo)
	fi
	echo "Installing with ${as_root[*]:+${as_root[*]} }apt-get:" \
		"${missing[*]}"
	# A list of packages that is too old is the usual reason to fail.
	apt_install "${missing[@]}" || {
		"${as_root[@]}" apt-get -q -y update < /dev/null &&
			apt_install "${missing[@]}"
	}
}

# Sees as_root of its caller.
apt_install() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		--no-install-recommends install "$@" < /dev/null
}
