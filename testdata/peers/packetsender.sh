# packetsender in command-line mode at echo servers for TCP, TLS and UDP.
# Needs: openssl packetsender
. ./lib.sh
ports TCP TLS UDP
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
flows
serves "$TCP" "$TLS"

# send OPTION... prints the bytes that come back in a second, in hex; its exit code
# is how many there were.
send() { timeout 5 packetsender -q -w 1000 "$@" | tr -d '\n'; }

same 'echo over TCP' '68 65 6C 6C 6F ' "$(send -t -A 127.0.0.1 "$TCP" hello)"
same 'any bytes' '00 FF 0D 0A ' "$(send -t -x 127.0.0.1 "$TCP" '00 ff 0d 0a')"
same 'echo over TLS' '68 65 6C 6C 6F ' "$(send -s -A 127.0.0.1 "$TLS" hello)"
event 'it is told' listen-tls '"connected".*"tls"'
same 'echo over UDP' '68 65 6C 6C 6F ' "$(send -u -A 127.0.0.1 "$UDP" hello)"
exit 0
