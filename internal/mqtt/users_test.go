package mqtt_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/flowrun/flowrun/internal/mqtt"
)

// awayTime is how long messages wait for a node that is replaced.
const awayTime = 5 * time.Second

func ignore(mqtt.State) {}

func (s *script) message(topic string) {
	s.t.Helper()
	s.send(&packets.Publish{Topic: topic, Payload: []byte("x"), Properties: &packets.Properties{}})
}

// What comes for a node that is replaced holds up the messages of others, until
// it is clear that the node does not come back.
func TestNotReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := scripted(t)
		var gone, stays inbox
		c.Subscribe("gone", mqtt.Subscription{Filter: "a"}, gone.handle)
		c.Attach("gone", ignore)
		c.Subscribe("stays", mqtt.Subscription{Filter: "b"}, stays.handle)
		c.Attach("stays", ignore)
		s.accept(false, 10)
		s.expect("*packets.Subscribe", 0)
		s.expect("*packets.Subscribe", 0)

		began := time.Now()
		c.Detach("gone", false)
		s.message("a")
		s.message("b")
		synctest.Wait()
		stays.wait(t)
		s.expect("*packets.Unsubscribe", 0)
		stays.wait(t, "b x")
		gone.wait(t)
		if took := time.Since(began); took != awayTime {
			t.Errorf("it took %v, want %v", took, awayTime)
		}

		c.Detach("stays", false) // it was the last one
		s.expect("*packets.Unsubscribe", 0)
		s.goodbye() // it does not come back
	})
}

// A node that is back in time has all of its time again when it is replaced the
// next time.
func TestReplacedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := scripted(t)
		var in inbox
		subscription := mqtt.Subscription{Filter: "a"}
		c.Subscribe("n", subscription, in.handle)
		c.Attach("n", ignore)
		s.accept(false, 10)
		s.expect("*packets.Subscribe", 0)
		c.Detach("n", false)
		s.message("a")
		<-time.After(awayTime - time.Second)
		c.Subscribe("n", subscription, in.handle)
		c.Attach("n", ignore)
		s.expect("*packets.Subscribe", 0)
		in.wait(t, "a x")

		c.Detach("n", false)
		s.message("a")
		<-time.After(awayTime - time.Second)
		in.wait(t, "a x")
		c.Subscribe("n", subscription, in.handle)
		c.Attach("n", ignore)
		s.expect("*packets.Subscribe", 0)
		in.wait(t, "a x", "a x")
	})
}

// What the next instance of a node does not subscribe to is over at once, and
// what is removed too.
func TestSubscribedNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := scripted(t)
		var old, other inbox
		c.Subscribe("n", mqtt.Subscription{Filter: "a"}, old.handle)
		c.Attach("n", ignore)
		c.Subscribe("other", mqtt.Subscription{Filter: "b"}, other.handle)
		c.Attach("other", ignore)
		s.accept(false, 10)
		s.expect("*packets.Subscribe", 0)
		s.expect("*packets.Subscribe", 0)
		c.Detach("n", false)
		s.message("a")
		s.message("b")
		c.Attach("n", ignore)
		s.expect("*packets.Unsubscribe", 0)
		other.wait(t, "b x")
		c.Subscribe("n", mqtt.Subscription{Filter: "a"}, old.handle)
		s.expect("*packets.Subscribe", 0)
		c.Detach("n", true)
		s.expect("*packets.Unsubscribe", 0)
		old.wait(t)
	})
}
