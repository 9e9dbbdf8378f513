package flows_test

import (
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
)

func TestMQTTGateway(t *testing.T) {
	d := deploy(t, "mqtt-gateway.yaml")
	instrument := d.dial("7792")
	instrument.say("what is this\n")
	instrument.expect("ERR\n")
	instrument.say("boiler/temperature 81.5\n") // the broker is not there yet

	broker := mqtttest.NewOn(t, d.ports["1883"], nil)
	got := make(chan packets.Packet, 10)
	broker.Subscribe("plant/boiler/#", func(p packets.Packet) { got <- p })
	instrument.expect("OK\n")
	instrument.say("boiler/pressure 2\n")
	instrument.expect("OK\n")
	for _, want := range []string{"plant/boiler/temperature 81.5", "plant/boiler/pressure 2"} {
		select {
		case p := <-got:
			if text := p.TopicName + " " + string(p.Payload); text != want || p.FixedHeader.Qos != 1 || !p.FixedHeader.Retain {
				t.Errorf("the broker gets %s with QoS %d, retain %t, want %s", text, p.FixedHeader.Qos, p.FixedHeader.Retain, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("the broker does not get %s", want)
		}
	}
}
