# systemd-socket-activate starts flowrun when somebody connects, and passes the socket.
# Needs: nc systemd-socket-activate
. ./lib.sh
ports TCP
serve systemd-socket-activate -l "127.0.0.1:$TCP" --fdname echo "$FLOWRUN" deploy "$here/systemd.yaml" --admin off --trace trace --drain 1s
serves "$TCP"
same 'flowrun starts for a client' hello "$(echo hello | timeout 10 nc -N 127.0.0.1 "$TCP")"
event 'it listens where systemd does' listen "\"event\":\"listening\".*\"localPort\":$TCP"
same 'the next client' hello "$(echo hello | timeout 10 nc -N 127.0.0.1 "$TCP")"
