# curl at a web service of http in nodes, by HTTPS, and through the proxy of
# flows/tcp-proxy.json.
# Needs: curl openssl
. ./lib.sh
ports HTTP PROXY
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
example tcp-proxy.json "7786=$PROXY" "7777=$HTTP"
flows tcp-proxy.json --http "127.0.0.1:$HTTP" --http-cert server.pem --http-key server.key \
	--http-auth "ann:$(echo secret | "$FLOWRUN" hash-password)" --http-cors https://example.com \
	--http-timeout 2s --http-max-body 2mb
serves "$HTTP" "$PROXY"

# get PATH [ARGUMENT...] prints what curl prints.
get() {
	path=$1
	shift
	timeout 10 curl -sS --cacert ca.pem -u ann:secret "$@" "https://localhost:$HTTP$path" 2>&1
}
status='%{http_code}'

same 'GET' '{"id":"7","query":{"q":"a b"},"cookies":{}}' "$(get '/things/7?q=a%20b' -c jar)"
same 'cookies' '{"id":"8","query":{},"cookies":{"seen":"7"}}' "$(get /things/8 -b jar)"
same 'HTTP/1.1, one connection for two requests' '1 0 ' "$(get /things/7 --http1.1 -o page -w '%{num_connects} ' --next -sS \
	--cacert ca.pem -u ann:secret -o page -w '%{num_connects} ' "https://localhost:$HTTP/things/8")"
has 'HEAD' '^HTTP.* 200' "$(get /things/7 -I)"
for method in POST PUT PATCH DELETE; do
	same "$method with JSON" "$method {\"a\":[1,null]}" \
		"$(get /echo -X "$method" -H 'Content-Type: application/json' -d '{"a":[1,null]}')"
done
same 'a form' 'POST {"name":"a & b"}' "$(get /echo --data-urlencode 'name=a & b')"
same 'text' 'POST "hello"' "$(get /echo -H 'Content-Type: text/plain' -d hello)"
echo 'some text' >note.txt
same 'a form with a file' '{"fields":{"title":"a note"},"files":[["f","note.txt","text/plain","some text\n"]]}' \
	"$(get /upload -F 'title=a note' -F f=@note.txt)"
head -c 1000000 /dev/urandom >sent
get /bytes -T - -H 'Expect: 100-continue' --http1.1 -o got <sent
same 'a megabyte in chunks comes back whole' "$(sha256sum <sent)" "$(sha256sum <got)"
has 'a status and a header of the flow' '^418 short and stout$' "$(get /coffee -o page -w "$status %header{x-pot}")"
get /things/7 --etag-save etag -o page
same 'what has not changed' 304 "$(get /things/7 --etag-compare etag -o page -w "$status")"
same 'nothing there' 404 "$(get /nothing -o page -w "$status")"
same 'no password' 401 "$(get /coffee -u ann:wrong -o page -w "$status")"
same 'a body that is too large' 413 "$(head -c 3000000 /dev/zero | get /bytes -T - -o page -w "$status")"
same 'a flow that does not answer' 504 "$(get /never -o page -w "$status")"
has 'a page of another site may ask' 'Access-Control-Allow-Origin: https://example.com' \
	"$(get /echo -i --http1.1 -X OPTIONS -H 'Origin: https://example.com' -H 'Access-Control-Request-Method: PUT')"

through() { get "$@" --connect-to "localhost:$HTTP:127.0.0.1:$PROXY"; }
same 'through the proxy' '{"id":"9","query":{},"cookies":{}}' "$(through /things/9)"
through /bytes -T sent -o got
same 'a megabyte through the proxy' "$(sha256sum <sent)" "$(sha256sum <got)"
event 'the proxy hangs up with its clients' proxy-connect '"disconnected"'
