# mosquitto is the broker, mosquitto_pub, mosquitto_sub and mosquitto_rr are clients
# of it as flowrun is one.
# Needs: mosquitto mosquitto_pub mosquitto_rr mosquitto_sub openssl
. ./lib.sh
ports MQTT MQTTS
certificate ca '/CN=flowrun test authority'
certificate server '/CN=localhost' ca
certificate client '/CN=flowrun' ca
cat >mosquitto.conf <<END
per_listener_settings true
user $(id -un)
listener $MQTT 127.0.0.1
allow_anonymous true
listener $MQTTS 127.0.0.1
cafile ca.pem
certfile server.pem
keyfile server.key
require_certificate true
use_identity_as_username true
END
flows
flowrun=$served
serve mosquitto -c mosquitto.conf -v
broker=$served
serves "$MQTT" "$MQTTS"
eventually grep -q 'question (QoS 1)' log && eventually grep -q 'reading (QoS 2)' log || give_up 'both connections subscribe'

pub() { timeout 5 mosquitto_pub -h 127.0.0.1 -p "$MQTT" "$@"; }
sub() { timeout 5 mosquitto_sub -h 127.0.0.1 -p "$MQTT" -C 1 "$@" 2>&1; }

same 'the birth message' here "$(sub -t status)"
for qos in 0 1 2; do
	pub -t "devices/d$qos/reading" -q "$qos" -m "{\"value\":2$qos}"
	same "there and back with QoS $qos" "$qos {\"value\":4$((2 * qos))}" "$(sub -q 2 -t "devices/d$qos/double" -F '%q %p')"
done
pub -t devices/d3/reading -m 'no JSON'
eventually grep -q '"t":"call".*JSON' trace
same 'what is no JSON stops nothing' '42' "$(pub -t devices/d4/reading -m '{"value":21}' && sub -t devices/d4/double -F '%p' | tr -dc 0-9)"

tls="-h localhost -p $MQTTS --cafile ca.pem --cert client.pem --key client.key"
same 'a request by MQTT 5 and TLS' 'you asked: who are you?' \
	"$(timeout 5 mosquitto_rr $tls -V 5 -q 1 -t question -e answers -m 'who are you?' 2>&1)"

stop "$broker"
: >log
serve mosquitto -c mosquitto.conf -v
eventually grep -q 'reading (QoS 2)' log
pub -t devices/d5/reading -q 1 -m '{"value":5}'
same 'the broker comes back' '{"value":10}' "$(sub -t devices/d5/double)"
stop "$flowrun" KILL
eventually grep -q "Sending PUBLISH\|disconnect" log
same 'the will of a flowrun that was killed' lost "$(sub -t status)"
