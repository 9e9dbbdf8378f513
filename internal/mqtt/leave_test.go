package mqtt_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
)

// A client that leaves says goodbye so that the broker hears it, though it is
// still told of much: the close message comes, and never the will.
func TestLeaving(t *testing.T) {
	broker := mqtttest.NewMosquitto(t, "")
	var in inbox
	witness := client(t, broker.Port(), "", 4, nil)
	witness.Subscribe("witness", mqtt.Subscription{Filter: "life/#", QoS: 2}, in.handle)
	waitConnected(t, witness)
	var want []string
	for i := range 20 {
		c := client(t, broker.Port(), "", []byte{4, 5}[i%2], func(o *mqtt.Options) {
			o.Keep = false
			o.Close = &mqtt.Message{Topic: "life/close", Payload: fmt.Append(nil, i)}
			o.Will = &mqtt.Message{Topic: "life/will", Payload: fmt.Append(nil, i)}
		})
		for n := range 10 {
			c.Subscribe("n", mqtt.Subscription{Filter: fmt.Sprint("things/", n), QoS: 1}, ignoreMessage)
		}
		waitConnected(t, c)
		c.Stop()
		want = append(want, fmt.Sprint("life/close ", i))
		in.wait(t, want...)
	}
}

func ignoreMessage(*mqtt.Message, *flow.Cause) {}

// A broker that does not hang up is not waited for for long.
func TestLeavingABrokerThatStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := scripted(t)
		s.accept(false, 10)
		synctest.Wait() // the client knows that it is connected
		began := time.Now()
		left := make(chan struct{})
		c.Disconnect(func() { close(left) })
		s.expect("*packets.Disconnect", 0)
		<-left
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %v, want 2 s", took)
		}
		_ = s.Close()
		s.Conn = nil
	})
}

// What no broker has taken when the client stops is not lost without a word.
func TestNotSent(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "1 message not acknowledged by mqtt://away", 3: "3 messages not acknowledged by mqtt://away"} {
		var logged []string
		away := mqtt.Options{Name: "mqtt://away"}
		c := mqtt.New(away, 10, func(l flow.Level, text string) { logged = append(logged, fmt.Sprint(l, " ", text)) })
		ended := 0
		for range n {
			c.Publish(&mqtt.Message{Topic: "a"}, func(err error) {
				if errors.Is(err, mqtt.ErrStopped) {
					ended++
				}
			})
		}
		c.Stop()
		if ended != n {
			t.Errorf("%d messages have ended, want %d", ended, n)
		}
		if got := strings.Join(logged, "; "); got != strings.TrimSuffix("30 "+want, "30 ") {
			t.Errorf("logged %q, want %q", got, want)
		}
	}
}
