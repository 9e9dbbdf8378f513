# nc talks to an echo server over TCP and UDP, and is a server itself.
# Needs: nc
. ./lib.sh
ports TCP UDP SERVER
if ipv6; then export ANY=::; else export ANY=0.0.0.0; fi
flows
serves "$TCP"

same 'echo over TCP' 'hello' "$(echo hello | timeout 5 nc -N 127.0.0.1 "$TCP")"
same 'echo over UDP' 'hello' "$(echo hello | timeout 5 nc -u -W 1 127.0.0.1 "$UDP")"
if ipv6; then
	same 'echo over TCP and IPv6' 'hello' "$(echo hello | timeout 5 nc -N ::1 "$TCP")"
	event 'the address of who called by IPv6' listen '"connected".*"remoteHost":"::1"'
	same 'echo over UDP and IPv6' 'hello' "$(echo hello | timeout 5 nc -u -W 1 ::1 "$UDP")"
fi

head -c 1000000 /dev/urandom >sent
timeout 10 nc -N 127.0.0.1 "$TCP" <sent >got
same 'a megabyte comes back whole' "$(sha256sum <sent)" "$(sha256sum <got)"

# The server hangs up when it has heard something.
(echo 'hello from nc' && eventually grep -q hello heard) |
	timeout 5 nc -l -N 127.0.0.1 "$SERVER" >heard &
serves "$SERVER"
inject connect
event 'nc as a server is heard' '(connect|say)' '"event":"data".*"payload":"hello from nc"'
event 'it hangs up' connect '"disconnected"'
same 'it heard us' 'hello from flowrun' "$(cat heard)"
