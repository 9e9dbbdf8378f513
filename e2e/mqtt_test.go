package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
	"github.com/flowrun/flowrun/runtime"
)

// A node that has lost its topic leaves nothing that others would wait for.
func TestLostTopic(t *testing.T) {
	for _, lost := range []string{"a/#/b", ""} {
		broker := mqtttest.New(t, nil)
		seen := make(chan string, 10)
		broker.Subscribe("seen", func(p packets.Packet) { seen <- string(p.Payload) })
		e := newEngine(t)
		deploy := func(topic string) {
			e.deploy(t, runtime.Nodes, fmt.Sprintf(`[{"id":"t","type":"tab"},
				{"id":"broker","type":"mqtt-broker","broker":"127.0.0.1","port":%d},
				{"id":"first","z":"t","type":"mqtt in","topic":%q,"qos":"1","broker":"broker","x":1,"y":1,"wires":[[]]},
				{"id":"second","z":"t","type":"mqtt in","topic":"b","qos":"1","broker":"broker","x":1,"y":1,"wires":[["out"]]},
				{"id":"out","z":"t","type":"mqtt out","topic":"seen","qos":"1","broker":"broker","x":1,"y":1,"wires":[]}]`, broker.Port(), topic))
		}
		subscribers := func(topic string) int { return len(broker.Server.Topics.Subscribers(topic).Subscriptions) }
		deploy("a")
		waitFor(t, "the subscriptions", func() bool { return subscribers("a") > 0 && subscribers("b") > 0 })
		deploy(lost)
		began := time.Now()
		for _, topic := range []string{"a", "b"} {
			if err := broker.Server.Publish(topic, []byte(topic), false, 1); err != nil {
				t.Fatal(err)
			}
		}
		if got := <-seen; got != "b" || time.Since(began) > 4*time.Second { // after 5 s nobody waits for a next instance
			t.Errorf("with the topic %q: %s after %v", lost, got, time.Since(began))
		}
		waitFor(t, "the end of the subscription", func() bool { return subscribers("a") == 0 })
		e.stop(t)
	}
}
