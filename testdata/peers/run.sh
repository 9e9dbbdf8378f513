#!/bin/sh
# Lets real peers talk to flowrun: openssl, curl, haproxy, nginx, socat and others.
# Each has a script here, with flows of its own, that asks for programs in a line
# "# Needs: …" and prints "ok" or "FAIL" for everything it looks at.
#
#	run.sh [--installed] [PEER...]
#
# All peers, or those named. As root on a Debian, or a system like it, what is
# missing is installed first, unless --installed is given; peers that are still
# missing are left out, which is said. FLOWRUN is the binary to test; without it
# that is bin/flowrun. Exit code 1 if anything failed.
set -u
cd "$(dirname "$0")"
FLOWRUN=${FLOWRUN:-$PWD/../../bin/flowrun}
export FLOWRUN

if [ "$(uname -s)" != Linux ]; then
	echo "the tests with real peers are for Linux: all are left out"
	exit 0
fi

# needs PEER prints the programs that it cannot do without.
needs() { sed -n 's/^# Needs: //p' "$1.sh"; }

# has PROGRAM tells whether it is here, with what the tests need of it.
has() {
	command -v "$1" >/dev/null 2>&1 || return
	case $1 in
	nginx) [ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || nginx -V 2>&1 | grep -q -e '--with-stream ' ;;
	esac
}

# missing PEER... prints those of their programs that are not here.
missing() {
	for peer in "$@"; do
		for program in $(needs "$peer"); do
			has "$program" || echo "$program"
		done
	done | sort -u
}

# packages PROGRAM... prints the Debian packages that have them.
packages() {
	for program in "$@"; do
		case $program in
		logger) echo bsdutils ;;
		mosquitto_*) echo mosquitto-clients ;;
		nc) echo netcat-openbsd ;;
		nginx) echo nginx-light libnginx-mod-stream ;;
		rsyslogd) echo rsyslog rsyslog-openssl ;;
		*) echo "$program" ;;
		esac
	done
}

install=yes
if [ "${1:-}" = --installed ]; then install= && shift; fi
if [ $# = 0 ]; then
	for script in *.sh; do
		case $script in lib.sh | run.sh) ;; *) set -- "$@" "${script%.sh}" ;; esac
	done
fi

# Servers are in directories that are not in everybody's path.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
lacking=$(missing "$@")
if [ -n "$lacking" ] && [ -n "$install" ]; then
	. ../../.ci/apt.sh
	apt_install "the tests with real peers" $(packages $lacking) || true
fi

# All at the same time: they mostly wait.
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
for peer in "$@"; do
	lacking=$(missing "$peer")
	if [ -n "$lacking" ]; then
		echo "left out $peer: there is no" $lacking
		continue
	fi
	{ timeout 80 sh "$peer.sh" || echo "FAIL $peer: the script ended with $?"; } >"$results/$peer" 2>&1 &
done
wait
all=$(cat "$results"/* 2>/dev/null)
printf '%s\n' "$all"

failed=$(printf '%s\n' "$all" | grep -c '^FAIL')
echo "$(printf '%s\n' "$all" | grep -c '^ok') passed, $failed failed"
[ "$failed" = 0 ]
