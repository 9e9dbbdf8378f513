# logger sends syslog to flows/syslog.yaml.
# Needs: logger
. ./lib.sh
ports TCP UDP
example syslog.yaml "7813=$TCP" "7814=$UDP"
flows syslog.yaml
serves "$TCP"

# log NAME OPTION... sends a message that the flow must take apart.
log() {
	name=$1
	shift
	timeout 5 logger --rfc5424 --server 127.0.0.1 -p user.err -t printer --msgid TRAY "$@" "no paper, $name"
	event "$name" parse "\"port\":0.*\"facility\":1,\"severity\":3,.*\"app\":\"printer\",.*\"id\":\"TRAY\".*\"text\":\"no paper, $name\""
}
log 'UDP' --udp --port "$UDP"
log 'TCP, a line each' --tcp --port "$TCP"
log 'TCP, octet counting' --tcp --octet-count --port "$TCP"
event 'what is severe' severe '"text":"no paper, UDP"'
timeout 5 logger --rfc3164 --server 127.0.0.1 --udp --port "$UDP" -p user.err 'as before 2009'
event 'RFC 3164 is not taken apart' parse '"port":1.*<11>.*as before 2009'
