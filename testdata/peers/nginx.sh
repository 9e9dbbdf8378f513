# nginx in front of flowrun, for TCP, UDP, HTTP and WebSocket, and as the server of
# its http request.
# Needs: curl nginx openssl socat
. ./lib.sh
ports HTTP PLAIN TLS UDP PROXIED SECURED DATAGRAMS ENDED HTTPS
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
certificate client '/O=flowrun/CN=asker' ca
export CHAT="wss://localhost:$HTTPS/chat"

mkdir pages
echo 'a page' >pages/page.txt
echo 'for ann only' >pages/secret.txt
echo "ann:$(openssl passwd -apr1 secret)" >passwords
cat >nginx.conf <<END
$(stream=/usr/lib/nginx/modules/ngx_stream_module.so && [ -e "$stream" ] && echo "load_module $stream;")
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
stream {
	proxy_half_close on; # socat ends its side first
	server {
		listen 127.0.0.1:$PROXIED;
		proxy_pass 127.0.0.1:$PLAIN;
		proxy_protocol on;
	}
	server {
		listen 127.0.0.1:$ENDED ssl;
		ssl_certificate server.pem;
		ssl_certificate_key server.key;
		proxy_pass 127.0.0.1:$PLAIN;
		proxy_protocol on;
	}
	server {
		listen 127.0.0.1:$SECURED;
		proxy_pass 127.0.0.1:$TLS;
		proxy_ssl on;
		proxy_ssl_protocols TLSv1.2 TLSv1.3;
		proxy_ssl_certificate client.pem;
		proxy_ssl_certificate_key client.key;
		proxy_ssl_trusted_certificate ca.pem;
		proxy_ssl_verify on;
		proxy_ssl_name localhost;
	}
	server {
		listen 127.0.0.1:$DATAGRAMS udp;
		proxy_pass 127.0.0.1:$UDP;
	}
}
http {
	access_log off;
	client_body_temp_path temp;
	proxy_temp_path temp;
	fastcgi_temp_path temp;
	uwsgi_temp_path temp;
	scgi_temp_path temp;
	server {
		listen 127.0.0.1:$HTTPS ssl http2;
		ssl_certificate server.pem;
		ssl_certificate_key server.key;
		ssl_client_certificate ca.pem;
		ssl_verify_client optional;
		location / {
			proxy_pass http://127.0.0.1:$HTTP;
			proxy_http_version 1.1;
			proxy_set_header Upgrade \$http_upgrade;
			proxy_set_header Connection \$http_connection;
			proxy_set_header X-Forwarded-For \$remote_addr;
			proxy_set_header X-Forwarded-Proto \$scheme;
		}
		location /pages/ { root .; }
		location /pages/secret.txt {
			root .;
			auth_basic secrets;
			auth_basic_user_file passwords;
		}
		location /moved { return 302 https://localhost:$HTTPS/pages/page.txt; }
		location /who { return 200 \$ssl_client_s_dn; }
	}
}
END
serve nginx -p . -c nginx.conf
flows --http "127.0.0.1:$HTTP"
serves "$HTTP" "$PLAIN" "$TLS" "$PROXIED" "$SECURED" "$ENDED" "$HTTPS"

# said ADDRESS prints what comes back from there, until it has said hello.
said() { echo hello | timeout 5 socat -t 5 - "$1" | sed '/hello/q'; }

same 'the PROXY protocol' hello "$(said "TCP:127.0.0.1:$PROXIED,bind=127.0.0.5")"
event 'it says who the client is' listen '"connected".*"remoteHost":"127.0.0.5"'
same 'TLS that ends at nginx' hello "$(said "OPENSSL:localhost:$ENDED,cafile=ca.pem,bind=127.0.0.6")"
event 'it says who the client is' listen '"connected".*"remoteHost":"127.0.0.6"'
same 'mutual TLS behind nginx' hello "$(said "TCP:127.0.0.1:$SECURED")"
event 'it is known' listen-tls '"connected".*"commonName":"asker"'
same 'UDP' hello "$(said "UDP4:127.0.0.1:$DATAGRAMS")"

get() { timeout 10 curl -sS --cacert ca.pem "$@" 2>&1; }
same 'http in behind HTTPS' 'GET ann of 127.0.0.1 by https: hello' "$(get "https://localhost:$HTTPS/hello/ann?text=hello")"
same 'a form' 'POST ann of 127.0.0.1 by https: a & b' "$(get "https://localhost:$HTTPS/hello/ann" --data-urlencode 'text=a & b')"
eventually grep -q '"id":"say","status":{"fill":"green"' trace
inject say '"hello by WebSocket"'
event 'WebSocket behind HTTPS' answered '"payload":"hello by WebSocket"'

# ask WHAT METHOD [USER:PASSWORD@]PATH PATTERN has http request ask nginx.
ask() {
	case $3 in *@*) login=${3%%@*}@ ;; *) login= ;; esac
	inject ask "{\"topic\":\"$1\",\"method\":\"$2\",\"url\":\"https://${login}localhost:$HTTPS${3#*@}\",\"payload\":{\"text\":\"hi\"}}"
	event "http request: $1" ask "\"topic\":\"$1\".*$4"
}
ask 'GET' GET /pages/page.txt '"payload":"a page\\n".*"statusCode":200'
ask 'HEAD' HEAD /pages/page.txt '"payload":"".*"statusCode":200'
ask 'another page' GET /moved '"payload":"a page\\n".*"redirectList":\[\{'
ask 'nothing there' GET /pages/none '"statusCode":404'
ask 'no password' GET /pages/secret.txt '"statusCode":401'
ask 'a password' GET ann:secret@/pages/secret.txt '"payload":"for ann only\\n"'
ask 'a certificate' GET /who '"payload":"CN=asker,O=flowrun"'
ask 'a query' GET /hello/bob '"payload":"GET bob of 127.0.0.1 by https: hi"'
ask 'a body' POST /hello/bob '"payload":"POST bob of 127.0.0.1 by https: hi"'
