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

// A broker that restarts 20 times gets and gives every message of QoS 1, in
// order but for those that come again.
func TestBrokerRestarts(t *testing.T) {
	for _, version := range []byte{4, 5} {
		t.Run(fmt.Sprint("mosquitto, version ", version), func(t *testing.T) {
			broker := mqtttest.NewMosquitto(t, "max_queued_messages 0")
			got := journal{seen: map[int]bool{}}
			subscriber := client(t, broker.Port(), "subscriber", version, nil)
			subscriber.Subscribe("in", mqtt.Subscription{Filter: "numbers", QoS: 1}, got.handle)
			waitConnected(t, subscriber)
			restarts(t, broker, client(t, broker.Port(), "publisher", version, nil), &got)
		})
		// The embedded broker does not give its clients all that they are due
		// after a restart; what it gets it tells within the process.
		for _, name := range []string{"publisher", ""} {
			t.Run(fmt.Sprintf("embedded, version %d, client %q", version, name), func(t *testing.T) {
				broker := mqtttest.New(t, nil)
				got := journal{seen: map[int]bool{}}
				broker.Subscribe("numbers", func(p packets.Packet) { got.note(p.Payload) })
				restarts(t, broker, client(t, broker.Port(), name, version, nil), &got)
			})
		}
	}
}

func restarts(t *testing.T, broker mqtttest.Broker, publisher *mqtt.Client, got *journal) {
	t.Helper()
	const times, atLeast, underWay = 20, 40, 100
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
			m := &mqtt.Message{Topic: "numbers", Payload: strconv.AppendInt(nil, int64(sent), 10), QoS: 1}
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
			t.Fatalf("only %d messages are acknowledged after %d restarts", arrived, i-1)
		}
		broker.Restart()
	}
	end()
	if !acknowledged.Wait(t.Context(), 20*time.Second, func() bool { return arrived == sent }) {
		t.Fatalf("%d of %d messages are acknowledged in the end", arrived, sent)
	}
	if !got.board.Wait(t.Context(), 20*time.Second, func() bool { return len(got.order) == sent }) {
		t.Fatalf("%d of %d messages have arrived", len(got.order), sent)
	}
	for i, n := range got.order {
		if n != i+1 {
			t.Fatalf("message %d came in place %d", n, i+1)
		}
	}
	t.Logf("%d messages, %d came twice", sent, got.copies)
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
