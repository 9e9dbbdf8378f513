package mqtt_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
	"github.com/flowrun/flowrun/internal/noticeboard"
)

func TestMain(m *testing.M) { mqtttest.Main(m) }

func TestTopics(t *testing.T) {
	for filter, want := range map[string]bool{
		"a": true, "a/b": true, "+": true, "#": true, "a/+/b": true, "a/#": true, "/": true, "$share/g/a/#": true,
		"": false, "a+": false, "a/#/b": false, "a#": false, "a/+b": false,
	} {
		if got := mqtt.ValidFilter(filter); got != want {
			t.Errorf("ValidFilter(%q) is %t", filter, got)
		}
	}
	for topic, want := range map[string]bool{"a/b": true, "/": true, "": false, "a/+": false, "#": false, "a\nb": false} {
		if got := mqtt.ValidTopic(topic); got != want {
			t.Errorf("ValidTopic(%q) is %t", topic, got)
		}
	}
}

// inbox collects what a client receives.
type inbox struct {
	board noticeboard.Board
	got   []string
	held  []*flow.Cause
	hold  bool
}

func (b *inbox) handle(m *mqtt.Message, cause *flow.Cause) {
	cause.Hold()
	b.board.Update(func() {
		b.got = append(b.got, m.Topic+" "+string(m.Payload))
		if b.hold {
			b.held = append(b.held, cause)
		}
	})
	if !b.hold {
		cause.Done()
	}
}

func (b *inbox) wait(t *testing.T, want ...string) {
	t.Helper()
	b.board.Wait(t.Context(), 10*time.Second, func() bool { return len(b.got) >= len(want) })
	b.board.Look(func() {
		if !slices.Equal(b.got, want) {
			t.Fatalf("got %q, want %q", b.got, want)
		}
	})
}

func publish(t *testing.T, c *mqtt.Client, m *mqtt.Message) {
	t.Helper()
	done := make(chan error, 1)
	c.Publish(m, func(err error) { done <- err })
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the message is not acknowledged")
	}
}

func TestQoS(t *testing.T) {
	broker := mqtttest.New(t, nil)
	for _, version := range []byte{3, 4, 5} {
		var in inbox
		c := client(t, broker.Port(), "", version, nil)
		c.Subscribe("n", mqtt.Subscription{Filter: "q/+", QoS: 2}, in.handle)
		waitConnected(t, c)
		var want []string
		for _, qos := range []byte{0, 1, 2} {
			publish(t, c, &mqtt.Message{Topic: "q/a", Payload: []byte{'0' + qos}, QoS: qos})
			want = append(want, "q/a "+string('0'+rune(qos)))
			in.wait(t, want...)
		}
		publish(t, c, &mqtt.Message{Topic: "q/empty", QoS: 1})
		in.wait(t, append(want, "q/empty ")...)
		c.Stop()
	}
}

// A broker that sends a message once for several subscriptions names them; the
// client hands it to each.
func TestOverlappingSubscriptions(t *testing.T) {
	broker := mqtttest.New(t, nil)
	var all, one inbox
	c := client(t, broker.Port(), "", 5, nil)
	c.Subscribe("n1", mqtt.Subscription{Filter: "a/#", QoS: 1}, all.handle)
	c.Subscribe("n2", mqtt.Subscription{Filter: "a/b", QoS: 1}, one.handle)
	waitConnected(t, c)
	publish(t, c, &mqtt.Message{Topic: "a/b", Payload: []byte("x"), QoS: 1})
	all.wait(t, "a/b x")
	one.wait(t, "a/b x")
	c.Unsubscribe("n2", "a/b")
	publish(t, c, &mqtt.Message{Topic: "a/b", Payload: []byte("y"), QoS: 1})
	all.wait(t, "a/b x", "a/b y")
	one.wait(t, "a/b x")
}

// A message is acknowledged when the flows are done with it: the broker sends it
// again before, and not after.
func TestAcknowledgedWhenDone(t *testing.T) {
	broker := mqtttest.New(t, nil)
	in := inbox{hold: true}
	c := client(t, broker.Port(), "slow", 4, nil)
	c.Subscribe("n", mqtt.Subscription{Filter: "a", QoS: 1}, in.handle)
	waitConnected(t, c)
	if err := broker.Server.Publish("a", []byte("1"), false, 1); err != nil {
		t.Fatal(err)
	}
	in.wait(t, "a 1")
	c.Stop() // as in a crash, the flows are not done

	again := inbox{}
	c = client(t, broker.Port(), "slow", 4, nil)
	c.Subscribe("n", mqtt.Subscription{Filter: "a", QoS: 1}, again.handle)
	waitConnected(t, c)
	again.wait(t, "a 1")
	publish(t, c, &mqtt.Message{Topic: "a", Payload: []byte("2")})
	again.wait(t, "a 1", "a 2") // one goes through after the other: 1 is done
	c.Stop()

	after := inbox{}
	c = client(t, broker.Port(), "slow", 4, nil)
	c.Subscribe("n", mqtt.Subscription{Filter: "a", QoS: 1}, after.handle)
	waitConnected(t, c)
	publish(t, c, &mqtt.Message{Topic: "a", Payload: []byte("3"), QoS: 1})
	after.wait(t, "a 3")
}

func TestQueue(t *testing.T) {
	broker := mqtttest.New(t, nil)
	broker.Down()
	var in inbox
	broker.Subscribe("a", func(p packets.Packet) {
		in.board.Update(func() { in.got = append(in.got, p.TopicName+" "+string(p.Payload)) })
	})
	c := client(t, broker.Port(), "", 4, nil)
	c.Connect(nil)
	var results noticeboard.Board
	full, sent := 0, 0
	for range 1005 { // the limit of the test's clients is 1000
		c.Publish(&mqtt.Message{Topic: "a", Payload: []byte("x")}, func(err error) {
			results.Update(func() {
				if err == nil {
					sent++
				} else if err == mqtt.ErrQueueFull { //nolint:errorlint // it is not wrapped
					full++
				}
			})
		})
	}
	broker.Up()
	if !results.Wait(t.Context(), 10*time.Second, func() bool { return sent == 1000 && full == 5 }) {
		t.Errorf("%d messages are sent and %d refused, want 1000 and 5", sent, full)
	}
	in.board.Wait(t.Context(), 10*time.Second, func() bool { return len(in.got) == 1000 })
}

// A redeployed node misses nothing: messages wait for its next instance.
func TestSuspended(t *testing.T) {
	broker := mqtttest.New(t, nil)
	var in inbox
	c := client(t, broker.Port(), "", 4, nil)
	s := mqtt.Subscription{Filter: "a", QoS: 1}
	c.Subscribe("n", s, in.handle)
	waitConnected(t, c)
	c.Suspend("n")
	publish(t, c, &mqtt.Message{Topic: "a", Payload: []byte("1"), QoS: 1})
	in.wait(t)
	c.Subscribe("n", s, in.handle)
	in.wait(t, "a 1")
}

func TestBirthCloseAndWill(t *testing.T) {
	broker := mqtttest.New(t, nil)
	var in inbox
	broker.Subscribe("life/#", func(p packets.Packet) {
		in.board.Update(func() { in.got = append(in.got, p.TopicName+" "+string(p.Payload)) })
	})
	c := client(t, broker.Port(), "", 5, func(o *mqtt.Options) {
		o.Birth = &mqtt.Message{Topic: "life/birth", Payload: []byte("hello"), QoS: 1}
		o.Close = &mqtt.Message{Topic: "life/close", Payload: []byte("bye"), QoS: 1}
		o.Will = &mqtt.Message{Topic: "life/will", Payload: []byte("gone"), QoS: 1}
	})
	waitConnected(t, c)
	in.wait(t, "life/birth hello")
	broker.Restart() // the will comes, and the next birth
	if !in.board.Wait(t.Context(), 10*time.Second, func() bool { return len(in.got) == 3 }) {
		t.Fatalf("got %q", in.got)
	}
	in.board.Look(func() {
		slices.Sort(in.got)
		if got := strings.Join(in.got, ", "); got != "life/birth hello, life/birth hello, life/will gone" {
			t.Errorf("got %s", got)
		}
		in.got = nil
	})
	c.Disconnect(nil)
	in.wait(t, "life/close bye")
	c.Stop()
	in.wait(t, "life/close bye") // no will
}

func TestTopicAlias(t *testing.T) {
	broker := mqtttest.New(t, nil)
	var in inbox
	broker.Subscribe("long/topic", func(p packets.Packet) {
		in.board.Update(func() { in.got = append(in.got, p.TopicName+" "+string(p.Payload)) })
	})
	c := client(t, broker.Port(), "", 5, nil)
	waitConnected(t, c)
	m := mqtt.Message{Topic: "long/topic", Payload: []byte("x"), QoS: 1}
	m.TopicAlias = 3
	publish(t, c, &m)
	publish(t, c, &m)
	m.TopicAlias = 99 // more than the broker takes
	publish(t, c, &m)
	in.wait(t, "long/topic x", "long/topic x", "long/topic x")
}

func TestRefusedConnection(t *testing.T) {
	for address, want := range map[string]string{
		"mqtt://":           "has no host",
		"http://localhost":  "begins with http://",
		"mqtt://[::1:1883/": "the address of the broker",
		"mqtt://host:70000": "no port that there is",
	} {
		if _, err := mqtt.Dialler(address, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q in it", address, err, want)
		}
	}
}
