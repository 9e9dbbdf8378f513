# What scripts share that install Debian packages; they source it.

# apt_install WHAT-FOR PACKAGE... installs those of the packages that there are. It
# needs root and apt, waits at most a few minutes, and leaves services stopped.
apt_install() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
	what=$1
	shift
	apt="timeout 300 apt-get -qq -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20"
	export DEBIAN_FRONTEND=noninteractive
	$apt update || return 1
	packages=$(apt-cache show --no-all-versions "$@" 2>/dev/null | sed -n 's/^Package: //p')
	[ -n "$packages" ] || return 1
	echo "installing for $what:" $packages
	# Services ask this program whether they may start. Where it is missing, as
	# outside of containers, one that says no stands in.
	policy=/usr/sbin/policy-rc.d
	if [ -e "$policy" ]; then policy=; else install -m 755 /dev/stdin "$policy" <<-'EOF'
		#!/bin/sh
		exit 101
	EOF
	fi
	installed=0
	$apt install -y --no-install-recommends $packages >/dev/null </dev/null || installed=1
	[ -z "$policy" ] || rm "$policy"
	return "$installed"
}
