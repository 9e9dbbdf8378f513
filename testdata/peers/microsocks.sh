# microsocks as the SOCKS5 proxy of a tcp-connect.
# Needs: microsocks
. ./lib.sh
ports TCP PROXY OTHER
serve microsocks -i 127.0.0.1 -p "$PROXY" -u flowrun -P secret
serves "$PROXY"
export PROXY_URL="socks5://flowrun:secret@127.0.0.1:$PROXY" STRANGER_URL="socks5://127.0.0.1:$PROXY"
flows
serves "$TCP"

inject connect
event 'it connects' connect '"connected"'
event 'and passes on what is said' '(connect|say)' '"data".*"payload":"hello"'
has 'it knows where to' "connected to localhost:$TCP" "$(cat log)"
inject connect-nowhere
event 'nobody is there' connect-nowhere '"CONNECT_FAILED","errorText":"[^"]*(refused|REFUSED)'
inject connect-stranger
event 'without a password' connect-stranger '"CONNECT_FAILED"'
