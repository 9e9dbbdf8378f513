#!/bin/sh
# socat and logger talk UDP to flowrun: an echo that answers from the port that
# was asked, a multicast group, and a syslog message. The exit code says whether
# they understood each other. FLOWRUN names the binary.
set -eu
: "${FLOWRUN:=flowrun}"
for tool in socat logger; do
	command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install socat bsdutils" >&2; exit 77; }
done
dir=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT
cat >"$dir/flows.json" <<JSON
[{"id":"t","type":"tab"},
 {"id":"in","z":"t","type":"udp-in","address":"127.0.0.1","port":47311,"mode":"utf8","wires":[[],["out"]]},
 {"id":"out","z":"t","type":"udp-out","reply":true,"wires":[[]]},
 {"id":"group","z":"t","type":"udp-in","port":47312,"multicastGroup":"239.1.2.3","multicastInterface":"127.0.0.1","mode":"utf8","wires":[[],["file"]]},
 {"id":"log","z":"t","type":"udp-in","address":"127.0.0.1","port":47313,"mode":"utf8","wires":[[],["file"]]},
 {"id":"file","z":"t","type":"file","filename":"$dir/got","filenameType":"str","appendNewline":true,"overwriteFile":"false","wires":[[]]}]
JSON
"$FLOWRUN" deploy --admin off "$dir/flows.json" 2>"$dir/log" &
pid=$!

# answers prints what comes back to a datagram on the port that it was sent to.
answers() { printf '%s' "$1" | socat -t 0.2 - UDP4:127.0.0.1:47311,connect-timeout=1 2>/dev/null; }
# arrives waits until a line matches in what the flow wrote.
arrives() {
	for _ in $(seq 50); do
		! grep -q "$1" "$dir/got" 2>/dev/null || return 0
		"$2"
		sleep 0.1
	done
	echo "$1 did not arrive" >&2
	cat "$dir/log" >&2
	return 1
}

for _ in $(seq 50); do
	[ "$(answers hello)" != hello ] || break
	sleep 0.1
done
[ "$(answers hello)" = hello ] || { echo "no echo" >&2; cat "$dir/log" >&2; exit 1; }

to_group() { printf 'to the group' | socat - UDP4-DATAGRAM:239.1.2.3:47312,ip-multicast-if=127.0.0.1; }
arrives 'to the group' to_group
to_syslog() { logger --server 127.0.0.1 --port 47313 --udp --rfc5424 -p user.notice 'from logger'; }
arrives 'from logger' to_syslog
echo "socat and logger: fine"
