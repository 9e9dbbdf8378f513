package mqtt_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
)

// script is a broker of MQTT 5 that says what a test has it say.
type script struct {
	net.Conn
	t     *testing.T
	conns chan net.Conn
}

// scripted returns a client of such a broker, which keeps its session.
func scripted(t *testing.T) (*script, *mqtt.Client) {
	t.Helper()
	s := &script{t: t, conns: make(chan net.Conn)}
	c := client(t, 1, "scripted", 5, func(o *mqtt.Options) {
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			here, there := net.Pipe()
			select {
			case s.conns <- there:
				return here, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	})
	t.Cleanup(func() { // before the client stops: there is nobody to say goodbye to
		if s.Conn != nil {
			_ = s.Close()
			_ = s.next().Close() // the client knows
		}
	})
	c.Connect(nil)
	return s, c
}

// accept breaks the connection, and answers the next one.
func (s *script) accept(present bool, receiveMaximum uint16) {
	s.t.Helper()
	if s.Conn != nil {
		_ = s.Close()
	}
	s.Conn = s.next()
	s.expect("*packets.Connect", 0)
	s.send(&packets.Connack{SessionPresent: present, Properties: &packets.Properties{ReceiveMaximum: &receiveMaximum}})
}

// next returns the next connection.
func (s *script) next() net.Conn {
	s.t.Helper()
	select {
	case conn := <-s.conns:
		return conn
	case <-time.After(10 * time.Second):
		s.t.Fatal("the client does not connect")
	}
	return nil
}

func (s *script) send(p io.WriterTo) {
	s.t.Helper()
	_ = s.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := p.WriteTo(s); err != nil {
		s.t.Fatal(err)
	}
}

// expect reads the next packet. An id of 0 is any; it returns what it is.
func (s *script) expect(want string, id uint16) uint16 {
	s.t.Helper()
	_ = s.SetDeadline(time.Now().Add(10 * time.Second))
	p, err := packets.ReadPacket(s)
	if err != nil {
		s.t.Fatalf("waiting for %s: %v", want, err)
	}
	got := fmt.Sprintf("%T", p.Content)
	if p, ok := p.Content.(*packets.Publish); ok {
		got = fmt.Sprintf("publish %s, dup %t", p.Payload, p.Duplicate)
	}
	if got != want || id != 0 && p.PacketID() != id {
		s.t.Fatalf("got %s with identifier %d, want %s with %d", got, p.PacketID(), want, id)
	}
	return p.PacketID()
}

// goodbye expects the client to leave, and hangs up as it must.
func (s *script) goodbye() {
	s.t.Helper()
	s.expect("*packets.Disconnect", 0)
	_ = s.Close()
	s.Conn = nil
}

// numbered publishes messages, and returns where the number of each comes that
// has arrived.
func numbered(t *testing.T, c *mqtt.Client, qos byte, payloads ...string) <-chan string {
	arrived := make(chan string, len(payloads))
	for _, p := range payloads {
		c.Publish(&mqtt.Message{Topic: "a", Payload: []byte(p), QoS: qos}, func(err error) {
			if err != nil {
				t.Errorf("message %s: %v", p, err)
			}
			arrived <- p
		})
	}
	return arrived
}

func arrives(t *testing.T, arrived <-chan string, want string) {
	t.Helper()
	select {
	case got := <-arrived:
		if got != want {
			t.Fatalf("message %s has arrived, want %s", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("message %s does not arrive", want)
	}
}

func TestSentOnce(t *testing.T) {
	s, c := scripted(t)
	arrived := numbered(t, c, 2, "1", "2")
	s.accept(false, 10)
	one, two := s.expect("publish 1, dup false", 0), s.expect("publish 2, dup false", 0)
	s.send(&packets.Pubrec{PacketID: one, Properties: &packets.Properties{}})
	s.expect("*packets.Pubrel", one)

	s.accept(true, 10) // it goes on where each of the two was
	s.expect("*packets.Pubrel", one)
	s.expect("publish 2, dup true", two)
	s.send(&packets.Pubcomp{PacketID: one, Properties: &packets.Properties{}})
	arrives(t, arrived, "1")
	s.send(&packets.Pubrec{PacketID: two, Properties: &packets.Properties{}})
	s.expect("*packets.Pubrel", two)

	s.accept(true, 10)
	s.expect("*packets.Pubrel", two)
	s.send(&packets.Pubcomp{PacketID: two, Properties: &packets.Properties{}})
	arrives(t, arrived, "2")
}

// A broker that has lost the session gets anew what it has not taken over, and
// not what it has.
func TestSessionLost(t *testing.T) {
	s, c := scripted(t)
	arrived := numbered(t, c, 2, "1", "2")
	s.accept(false, 10)
	one := s.expect("publish 1, dup false", 0)
	s.expect("publish 2, dup false", 0)
	s.send(&packets.Pubrec{PacketID: one, Properties: &packets.Properties{}})
	s.expect("*packets.Pubrel", one)

	s.accept(false, 10)
	arrives(t, arrived, "1")
	two := s.expect("publish 2, dup false", 0)
	s.send(&packets.Pubrec{PacketID: two, Properties: &packets.Properties{}})
	s.expect("*packets.Pubrel", two)
	s.send(&packets.Pubcomp{PacketID: two, Properties: &packets.Properties{}})
	arrives(t, arrived, "2")
}

func TestReceivedOnce(t *testing.T) {
	s, c := scripted(t)
	var in inbox
	c.Subscribe("n", mqtt.Subscription{Filter: "a", QoS: 2}, in.handle)
	message := func(text string) *packets.Publish {
		return &packets.Publish{Topic: "a", Payload: []byte(text), QoS: 2, PacketID: 7, Properties: &packets.Properties{}}
	}
	s.accept(false, 10)
	s.expect("*packets.Subscribe", 0)
	s.send(message("x"))
	s.expect("*packets.Pubrec", 7)

	s.accept(true, 10) // the broker has not got that
	s.expect("*packets.Subscribe", 0)
	s.send(message("x"))
	s.expect("*packets.Pubrec", 7)
	s.send(&packets.Pubrel{PacketID: 7, Properties: &packets.Properties{}})
	s.expect("*packets.Pubcomp", 7)
	s.send(&packets.Pubrel{PacketID: 7, Properties: &packets.Properties{}})
	s.expect("*packets.Pubcomp", 7)
	s.send(message("y")) // the identifier is free again
	s.expect("*packets.Pubrec", 7)
	in.wait(t, "a x", "a y")
}

// Acknowledgements come in the order of the messages, whichever the flows are
// through with first.
func TestAcknowledgedInOrder(t *testing.T) {
	for qos, want := range map[byte]string{1: "*packets.Puback", 2: "*packets.Pubrec"} {
		s, c := scripted(t)
		in := inbox{hold: true}
		c.Subscribe("n", mqtt.Subscription{Filter: "a", QoS: qos}, in.handle)
		s.accept(false, 10)
		s.expect("*packets.Subscribe", 0)
		for id := range uint16(3) {
			s.send(&packets.Publish{Topic: "a", QoS: qos, PacketID: id + 1, Properties: &packets.Properties{}})
		}
		in.wait(t, "a ", "a ", "a ")
		in.held[1].Done()
		in.held[0].Done()
		s.expect(want, 1)
		s.expect(want, 2)
		in.held[2].Done()
		s.expect(want, 3)
	}
}

// The broker never has more to acknowledge than it has said, also of what is
// sent again. What it says of a message before that is for an old connection.
func TestReceiveMaximum(t *testing.T) {
	s, c := scripted(t)
	arrived := numbered(t, c, 1, "1", "2", "3")
	s.accept(false, 2)
	one, two := s.expect("publish 1, dup false", 0), s.expect("publish 2, dup false", 0)
	c.Subscribe("n", mqtt.Subscription{Filter: "b"}, nil)
	s.expect("*packets.Subscribe", 0) // and not the third message
	s.send(&packets.Puback{PacketID: one, Properties: &packets.Properties{}})
	arrives(t, arrived, "1")
	three := s.expect("publish 3, dup false", 0)

	s.accept(true, 1)
	s.expect("*packets.Subscribe", 0)
	s.expect("publish 2, dup true", two)
	s.send(&packets.Puback{PacketID: three, Properties: &packets.Properties{}})
	c.Unsubscribe("n", "b")
	s.expect("*packets.Unsubscribe", 0)
	s.send(&packets.Puback{PacketID: two, Properties: &packets.Properties{}})
	arrives(t, arrived, "2")
	s.expect("publish 3, dup true", three)
	s.send(&packets.Puback{PacketID: three, Properties: &packets.Properties{}})
	arrives(t, arrived, "3")
}

// A user property that comes more than once has all its values, as a JSON list.
func TestRepeatedUserProperties(t *testing.T) {
	s, c := scripted(t)
	got := make(chan string, 1)
	c.Subscribe("n", mqtt.Subscription{Filter: "a"}, func(m *mqtt.Message, _ *flow.Cause) { got <- flow.JSON(m.UserProperties) })
	s.accept(false, 10)
	s.expect("*packets.Subscribe", 0)
	user := []packets.User{{Key: "k", Value: "v1"}, {Key: "other", Value: "x"}, {Key: "k", Value: "v2"}}
	s.send(&packets.Publish{Topic: "a", Properties: &packets.Properties{User: user}})
	if got, want := <-got, `{"k":"[\"v1\",\"v2\"]","other":"x"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
