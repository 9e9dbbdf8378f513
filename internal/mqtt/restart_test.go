package mqtt_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
	"github.com/flowrun/flowrun/internal/noticeboard"
)

// client returns a client of a broker on 127.0.0.1, with a session that lasts if
// it has a name.
func client(t *testing.T, port int, name string, version byte, change func(*mqtt.Options)) *mqtt.Client {
	t.Helper()
	address := fmt.Sprint("mqtt://127.0.0.1:", port)
	dial, err := mqtt.Dialler(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := mqtt.Options{
		Name: address, Dial: dial, Version: version, ClientID: name, CleanSession: name == "", KeepAlive: 60,
		SessionExpiry: 3600, Reconnect: 5 * time.Millisecond, AutoConnect: true, Keep: true,
	}
	if name == "" {
		o.ClientID = "test " + flow.Text(flow.NewID())
	}
	if change != nil {
		change(&o)
	}
	c := mqtt.New(o, 1000, func(l flow.Level, text string) { t.Log(l, text) })
	t.Cleanup(c.Stop)
	return c
}

// journal is what a subscriber has received.
type journal struct {
	board  noticeboard.Board
	order  []int // without those that came again
	seen   map[int]bool
	copies int
}

func (j *journal) handle(m *mqtt.Message, cause *flow.Cause) {
	cause.Hold()
	j.note(m.Payload)
	cause.Done()
}

func (j *journal) note(payload []byte) {
	n, _ := strconv.Atoi(string(payload))
	j.board.Update(func() {
		if j.seen[n] {
			j.copies++
			return
		}
		j.seen[n] = true
		j.order = append(j.order, n)
	})
}

// How often brokers restart, and how many messages they get before each one.
const (
	times    = 20
	atLeast  = 40
	underWay = 100 // messages that are published and not acknowledged, at most
	window   = 64  // those of them that are sent
)

// A broker that restarts 20 times gets and gives every message, in order. Those
// of QoS 1 come again at most as often as one was sent and not acknowledged at a
// restart; those of QoS 2 do not, with room in the broker for all of them.
func TestMosquittoRestarts(t *testing.T) {
	// Of more messages than that mosquitto (2.0, up to 2.0.20 at least) forgets
	// when it restarts that they are received already. The default is 20, to
	// which it does not keep before 2.0.13.
	const room = "max_inflight_messages 1000"
	for _, c := range []struct {
		version, qos byte
		config       string
	}{{4, 1, ""}, {5, 1, ""}, {4, 2, ""}, {4, 2, room}, {5, 2, room}} {
		t.Run(fmt.Sprintf("version %d, QoS %d, %s", c.version, c.qos, c.config), func(t *testing.T) {
			broker := mqtttest.NewMosquitto(t, "max_queued_messages 0\n"+c.config)
			got := journal{seen: map[int]bool{}}
			subscriber := client(t, broker.Port(), "subscriber", c.version, nil)
			subscriber.Subscribe("in", mqtt.Subscription{Filter: "numbers", QoS: c.qos}, got.handle)
			waitConnected(t, subscriber)
			restarts(t, broker, client(t, broker.Port(), "publisher", c.version, nil), c.qos, &got)
			open, allowed := broker.Unacknowledged("subscriber"), 0
			switch {
			case c.qos == 1:
				allowed = times*window + open
			case c.config == "":
				allowed = open
			}
			got.board.Look(func() {
				for i, n := range got.order {
					if n != i+1 {
						t.Fatalf("message %d came in place %d", n, i+1)
					}
				}
				t.Logf("%d came twice; the subscriber had not acknowledged %d at the restarts", got.copies, open)
				if got.copies > allowed {
					t.Errorf("more than %d came twice", allowed)
				}
			})
		})
	}
}

// The same without mosquitto. The embedded broker does not give its clients all
// that they are due after a restart, and forgets messages of QoS 2; what it gets
// of QoS 1 it tells within the process, the last message of an old connection
// maybe after the first of the next.
func TestEmbeddedRestarts(t *testing.T) {
	for _, version := range []byte{4, 5} {
		for _, name := range []string{"publisher", ""} { // without a name there is no session either
			t.Run(fmt.Sprintf("version %d, client %q", version, name), func(t *testing.T) {
				broker := mqtttest.New(t, nil)
				got := journal{seen: map[int]bool{}}
				broker.Subscribe("numbers", func(p packets.Packet) { got.note(p.Payload) })
				restarts(t, broker, client(t, broker.Port(), name, version, nil), 1, &got)
				got.board.Look(func() {
					if t.Logf("%d came twice", got.copies); got.copies > times*window {
						t.Errorf("more than %d came twice", times*window)
					}
				})
			})
		}
	}
}

// restarts publishes numbers while a broker restarts, until all have come.
func restarts(t *testing.T, broker mqtttest.Broker, publisher *mqtt.Client, qos byte, got *journal) {
	t.Helper()
	waitConnected(t, publisher)

	var acknowledged noticeboard.Board
	arrived, sent := 0, 0
	stop, slots := make(chan struct{}), make(chan struct{}, underWay)
	var work sync.WaitGroup
	end := sync.OnceFunc(func() { close(stop); work.Wait() })
	defer end()
	work.Go(func() {
		for {
			select {
			case <-stop:
				return
			case slots <- struct{}{}:
			}
			sent++
			m := &mqtt.Message{Topic: "numbers", Payload: strconv.AppendInt(nil, int64(sent), 10), QoS: qos}
			publisher.Publish(m, func(err error) {
				if err != nil {
					t.Errorf("publishing: %v", err)
				}
				acknowledged.Update(func() { arrived++ })
				<-slots
			})
		}
	})
	for i := 1; i <= times; i++ {
		if !acknowledged.Wait(t.Context(), 20*time.Second, func() bool { return arrived >= i*atLeast }) {
			acknowledged.Look(func() { t.Fatalf("only %d messages are acknowledged after %d restarts", arrived, i-1) })
		}
		broker.Restart()
	}
	end()
	if !acknowledged.Wait(t.Context(), 20*time.Second, func() bool { return arrived == sent }) {
		acknowledged.Look(func() { t.Fatalf("%d of %d messages are acknowledged in the end", arrived, sent) })
	}
	if !got.board.Wait(t.Context(), 20*time.Second, func() bool { return len(got.order) == sent }) {
		got.board.Look(func() { t.Fatalf("%d of %d messages have arrived", len(got.order), sent) })
	}
	t.Logf("%d messages", sent)
}

func waitConnected(t *testing.T, c *mqtt.Client) {
	t.Helper()
	connected := make(chan struct{})
	c.Connect(func() { close(connected) })
	select {
	case <-connected:
	case <-time.After(10 * time.Second):
		t.Fatal("not connected")
	}
}
