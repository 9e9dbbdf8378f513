# socat at half-closed connections, Unix sockets, UDP and multicast.
# Needs: socat
. ./lib.sh
ports TCP UDP4 UDP6 GROUP OTHERS
export ABSTRACT="@flowrun-peers-$$" SERVER="@flowrun-server-$$"
# A socket that somebody left behind does not keep flowrun from listening there.
timeout 5 socat -u UNIX-LISTEN:server,unlink-close=0 - &
eventually test -S server && kill $! && wait $!
flows
serves "$TCP"

same 'a half-closed connection is answered' 'you said hello' \
	"$(printf hello | timeout 5 socat -t 5 - "TCP:127.0.0.1:$TCP")"
event 'its end is told' listen '"event":"end"'
event 'and that it is closed' listen '"disconnected"'

# said ADDRESS prints what comes back from there, until it has said hello.
said() { echo hello | timeout 5 socat -t 5 - "$1" | sed '/hello/q'; }
same 'a Unix socket' hello "$(said UNIX-CONNECT:server)"
same 'its permissions' 600 "$(stat -c %a server)"
same 'an abstract socket' hello "$(said "ABSTRACT-CONNECT:${SERVER#@}")"

# called NAME ADDRESS: socat listens at an address that the node connect-NAME calls.
called() {
	(echo "hello from $1" && eventually grep -q hello "heard-$1") |
		timeout 5 socat -t 1 "$2" - >"heard-$1" &
	eventually grep -qF "${2#*:}" /proc/net/unix || give_up "socat listens at $2"
	inject "connect-$1"
	event "$1: socat is heard" "(connect-$1|say)" "\"event\":\"data\".*\"payload\":\"hello from $1\""
	event "$1: it hangs up" "connect-$1" '"disconnected"'
	same "$1: it heard us" 'hello from flowrun' "$(cat "heard-$1")"
}
called socket "UNIX-LISTEN:socket"
called abstract "ABSTRACT-LISTEN:${ABSTRACT#@}"

same 'UDP over IPv4' hello "$(said "UDP4:127.0.0.1:$UDP4")"
if ipv6; then same 'UDP over IPv6' hello "$(said "UDP6:[::1]:$UDP6")"; fi
same 'a Unix socket for datagrams' hello "$(said UNIX-SENDTO:datagrams,bind=asks)"

echo 'hello group' | timeout 5 socat - "UDP4-DATAGRAM:239.255.77.1:$GROUP,ip-multicast-if=127.0.0.1"
event 'a datagram for the group is received' group '"payload":"hello group\\n"'
timeout 5 socat -u "UDP4-RECVFROM:$OTHERS,ip-add-membership=239.255.77.1:127.0.0.1" - >group &
eventually socket "$OTHERS" '.*'
inject to-group '"hello others"'
eventually grep -q hello group
same 'a datagram to the group is received' 'hello others' "$(cat group)"
