# haproxy in front of flowrun: the PROXY protocol in both versions, TLS behind it.
# Needs: haproxy openssl socat
. ./lib.sh
ports PLAIN TLS V1 V2 V6 SECURE
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
certificate client '/CN=haproxy' ca
cat client.pem client.key >both.pem
flows
serves "$PLAIN" "$TLS"

cat >haproxy.cfg <<END
global
	stats socket $PWD/stats
defaults
	mode tcp
	timeout connect 5s
	timeout client 5s
	timeout server 5s
listen v1
	bind 127.0.0.1:$V1
	server flowrun 127.0.0.1:$PLAIN send-proxy
listen v2
	bind 127.0.0.1:$V2
	server flowrun 127.0.0.1:$PLAIN send-proxy-v2 check inter 100ms
listen secure
	bind 127.0.0.1:$SECURE
	server flowrun 127.0.0.1:$TLS send-proxy-v2 ssl verify required ca-file ca.pem verifyhost localhost crt both.pem
END
if ipv6; then
	printf 'listen v6\n\tbind [::1]:%s\n\tserver flowrun 127.0.0.1:%s send-proxy-v2\n' "$V6" "$PLAIN" >>haproxy.cfg
fi
serve haproxy -db -f haproxy.cfg
serves "$V1" "$V2" "$SECURE"

# said ADDRESS [OPTIONS] prints what comes back from there, until it has said hello.
said() { echo hello | timeout 5 socat -t 5 - "$1" | sed '/hello/q'; }

same 'version 1' hello "$(said "TCP:127.0.0.1:$V1,bind=127.0.0.5")"
event 'it says who the client is' listen '"connected".*"remoteHost":"127.0.0.5"'
same 'version 2' hello "$(said "TCP:127.0.0.1:$V2,bind=127.0.0.6")"
event 'it says who the client is' listen '"connected".*"remoteHost":"127.0.0.6"'
if ipv6; then
	same 'version 2, a client with IPv6' hello "$(said "TCP:[::1]:$V6")"
	event 'it says who the client is' listen '"connected".*"remoteHost":"::1"'
fi
same 'a client that is blocked' '' "$(said "TCP:127.0.0.1:$V2,bind=127.0.0.66")"
event 'it is told' listen '"rejected".*"remoteAddress":"127.0.0.66"'
same 'version 2 with mutual TLS behind it' hello "$(said "TCP:127.0.0.1:$SECURE,bind=127.0.0.7")"
event 'client and proxy are known' listen-tls '"connected".*"remoteHost":"127.0.0.7".*"commonName":"haproxy"'
has 'health checks find it alive' '^[0-9]+ v2 [0-9]+ flowrun 127.0.0.1 2 ' \
	"$(echo 'show servers state v2' | timeout 5 socat -t 5 - UNIX:stats)"

same 'a client without a proxy' '' "$(said "TCP:127.0.0.1:$PLAIN")"
event 'it is told' listen '"PROXY_FAILED"'
same 'a proxy that is not trusted' '' "$(printf 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nhello\n' |
	timeout 5 socat -t 5 - "TCP:127.0.0.1:$PLAIN,bind=127.0.0.8")"
