# rsyslogd forwards what logger tells it to flows/syslog.yaml, and by TLS.
# Needs: logger openssl rsyslogd
. ./lib.sh
ports TCP UDP TLS
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
certificate client '/CN=rsyslog' ca
example syslog.yaml "7813=$TCP" "7814=$UDP"
flows syslog.yaml
serves "$TCP" "$TLS"

# action NAME PARAMETER... forwards the messages of a program.
action() {
	printf 'if $programname == "%s" then action(type="omfwd" target="127.0.0.1" template="RSYSLOG_SyslogProtocol23Format" %s)\n' "$1" "$2"
}
{
	cat <<-END
		global(workDirectory="$PWD" defaultNetstreamDriverCAFile="$PWD/ca.pem"
			defaultNetstreamDriverCertFile="$PWD/client.pem" defaultNetstreamDriverKeyFile="$PWD/client.key")
		module(load="imuxsock" SysSock.Use="off")
		input(type="imuxsock" socket="$PWD/socket")
	END
	action udp "protocol=\"udp\" port=\"$UDP\""
	action lines "protocol=\"tcp\" port=\"$TCP\""
	action octets "protocol=\"tcp\" port=\"$TCP\" TCP_Framing=\"octet-counted\""
	action tls "protocol=\"tcp\" port=\"$TLS\" TCP_Framing=\"octet-counted\" StreamDriver=\"ossl\"
		StreamDriverMode=\"1\" StreamDriverAuthMode=\"x509/name\" StreamDriverPermittedPeers=\"localhost\""
} >rsyslog.conf
serve rsyslogd -n -f rsyslog.conf -i "$PWD/pid"
eventually grep -qF "$PWD/socket" /proc/net/unix || give_up 'rsyslogd listens'

for way in udp lines octets; do
	logger -u socket -p daemon.warning -t "$way" "hello by $way"
	event "forwarded: $way" parse "\"facility\":3,\"severity\":4,.*\"app\":\"$way\",.*\"text\":\"hello by $way\""
done
if [ -z "$(find /usr/lib -name lmnsd_ossl.so)" ]; then
	echo "left out $peer: TLS, there is no rsyslog-openssl"
	exit
fi
logger -u socket -p daemon.warning -t tls 'hello by tls'
event 'forwarded: tls' secure '"data".*"payload":"<28>1 .* tls .*hello by tls'
event 'its certificate' secure '"connected".*"commonName":"rsyslog"'
