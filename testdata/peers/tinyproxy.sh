# tinyproxy as the HTTP proxy of tcp-connect and http request.
# Needs: tinyproxy
. ./lib.sh
ports TCP PROXY OTHER HTTP
cat >tinyproxy.conf <<END
Port $PROXY
Listen 127.0.0.1
ConnectPort $TCP
BasicAuth flowrun secret
END
serve tinyproxy -d -c tinyproxy.conf
serves "$PROXY"
export PROXY_URL="http://flowrun:secret@127.0.0.1:$PROXY" HELLO="http://127.0.0.1:$HTTP/hello"
flows --http "127.0.0.1:$HTTP"
serves "$TCP" "$HTTP"

inject connect
event 'it connects' connect '"connected"'
event 'and passes on what is said' '(connect|say)' '"data".*"payload":"hello"'
has 'it knows where to' "CONNECT localhost:$TCP" "$(cat log)"
inject connect-denied
event 'what the proxy denies' connect-denied '"CONNECT_FAILED","errorText":"[^"]*403'
inject ask
event 'http request' ask '"statusCode":200.*"payload":"hello by [^"]*tinyproxy'
