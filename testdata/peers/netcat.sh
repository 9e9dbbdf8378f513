# nc talks to servers for TCP and UDP, and is a server itself.
# Needs: nc
. ./lib.sh
ports TCP UDP SERVER IN ANSWERS
if ipv6; then export ANY=::; else export ANY=0.0.0.0; fi
flows
serves "$TCP" "$IN"

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

mkfifo stdin
timeout 10 nc -N 127.0.0.1 "$TCP" <stdin >answers &
exec 3>stdin
echo hello >&3
eventually grep -q hello answers
has 'flowrun sessions lists it while it is open' '"node": *"listen"' "$(sessions)"
exec 3>&-

same 'tcp in and tcp out' 'HELLO' "$(echo hello | timeout 5 nc -N 127.0.0.1 "$IN")"
echo 'an answer' | timeout 5 nc -l 127.0.0.1 "$ANSWERS" >question &
serves "$ANSWERS"
inject tcp-request '"a question"'
event 'tcp request' tcp-request '"payload":"an answer\\n"'
eventually grep -q question question
same 'what it asked' 'a question' "$(cat question)"

# The server hangs up when it has heard something.
(echo 'hello from nc' && eventually grep -q hello heard) |
	timeout 5 nc -l -N 127.0.0.1 "$SERVER" >heard &
serves "$SERVER"
inject connect
event 'nc as a server is heard' '(connect|say)' '"event":"data".*"payload":"hello from nc"'
event 'it hangs up' connect '"disconnected"'
same 'it heard us' 'hello from flowrun' "$(cat heard)"
