# openssl s_client and s_server: TLS in both directions, with certificates on one
# side and on both.
# Needs: openssl
. ./lib.sh
ports TLS MUTUAL SERVER
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
certificate client '/O=flowrun/CN=device-7' ca
CA=$(cat ca.pem)
export CA
flows
serves "$TLS" "$MUTUAL"

# s_client PORT [ARGUMENT...] says hello and prints what s_client does, until that
# comes back or the connection ends.
s_client() {
	port=$1
	shift
	{ echo hello && eventually grep -Eq 'hello|alert' client; } |
		timeout 5 openssl s_client -connect "127.0.0.1:$port" -servername localhost -verify_return_error \
			-CAfile ca.pem "$@" 2>&1 | tee client
	: >client
}

got=$(s_client "$TLS" -alpn flowrun)
has 'echo by TLS' 'hello$' "$got"
has 'the certificate is of who it should be' '^Verification: OK' "$got"
has 'TLS 1.3' '^New, TLSv1.3' "$got"
has 'the protocol is agreed on' '^ALPN protocol: flowrun' "$got"
event 'it is told' listen '"connected".*"tls":\{"protocol":"TLSv1.3".*"alpn":"flowrun","serverName":"localhost"'
for version in 2 3; do
	s_client "$TLS" "-tls1_$version" -sess_out session >/dev/null
	got=$(s_client "$TLS" "-tls1_$version" -sess_in session)
	has "a session of TLS 1.$version is resumed" "^Reused, TLSv1.$version" "$got"
	event 'it is told' listen "\"connected\".*\"protocol\":\"TLSv1.$version\",\"cipher\":\"[A-Z0-9_]*\",\"resumed\":true"
done

got=$(s_client "$MUTUAL" -cert client.pem -key client.key)
has 'echo by mutual TLS' 'hello$' "$got"
event 'who the client is' listen-mutual '"connected".*"certificate":\{"subject":"CN=device-7,O=flowrun","commonName":"device-7"'
has 'no certificate' 'alert certificate required' "$(s_client "$MUTUAL")"
event 'it is told' listen-mutual '"TLS_FAILED","errorText":"[^"]*certificate'
has 'a version that is too old' 'alert protocol version' "$(s_client "$MUTUAL" -tls1_2)"

# -rev answers each line with its letters in reverse order.
serve openssl s_server -accept "127.0.0.1:$SERVER" -cert server.pem -key server.key \
	-CAfile ca.pem -Verify 1 -verify_return_error -rev
serves "$SERVER"
inject connect
event 's_server answers' '(connect|say)' '"data".*"payload":"olleh"'
event 'the server is who it should be' connect '"connected".*"tls":\{"protocol":"TLSv1.3".*"commonName":"localhost"'
has 'it knows the client' 'CN *= *device-7' "$(cat log)"
event 'we hang up' connect '"disconnected"'
inject connect
event 'the session is resumed' connect '"connected".*"resumed":true'
inject connect-distrusting
event 'an authority that is not trusted' connect-distrusting '"TLS_FAILED","errorText":"[^"]*unknown authority'
inject connect-other-name
event 'another name' connect-other-name '"TLS_FAILED","errorText":"[^"]*flowrun.example'
