package mqttout

import (
	"fmt"
	"net"
	"testing"
	"time"

	packets3 "github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/mqttbroker"
)

func TestMain(m *testing.M) { mqtttest.Main(m) }

// start starts a broker whose messages come on a channel, and an mqtt out node.
func start(t *testing.T, version int, config string) (*mqtttest.Embedded, <-chan packets.Packet, *flowtest.Driver) {
	t.Helper()
	broker := mqtttest.New(t, nil)
	got := make(chan packets.Packet, 100)
	broker.Subscribe("#", func(p packets.Packet) { got <- p })
	node := flowtest.New(t, mqttbroker.Type(nil), fmt.Sprintf(`{"broker":"127.0.0.1","port":%d,"protocolVersion":"%d"}`, broker.Port(), version)).Node
	d := flowtest.New(t, Type, config, func(e *flow.Env) { e.Config = func(string) flow.Node { return node } })
	return broker, got, d
}

func receive(t *testing.T, got <-chan packets.Packet) packets.Packet {
	t.Helper()
	select {
	case p := <-got:
		return p
	case <-time.After(10 * time.Second):
		t.Fatal("the broker gets nothing")
	}
	return packets.Packet{}
}

func TestPublish(t *testing.T) {
	_, got, d := start(t, 4, `{"broker":"b"}`)
	for _, c := range []struct {
		msg, payload string
		qos          byte
		retain       bool
	}{
		{`{"topic":"a","payload":"text"}`, "text", 0, false},
		{`{"topic":"a","payload":{"n":[1,true]},"qos":1}`, `{"n":[1,true]}`, 1, false},
		{`{"topic":"a","payload":4.5,"qos":"2","retain":true}`, "4.5", 2, true},
		{`{"topic":"a","payload":null,"qos":7,"retain":"true"}`, "", 0, true},
	} {
		d.Done = nil
		d.Handle(c.msg)
		p := receive(t, got)
		if string(p.Payload) != c.payload || p.FixedHeader.Qos != c.qos || p.FixedHeader.Retain != c.retain {
			t.Errorf("%s: the broker gets %q with QoS %d, retain %t", c.msg, p.Payload, p.FixedHeader.Qos, p.FixedHeader.Retain)
		}
		d.Until(func() bool { return len(d.Done) == 1 })
		if err := d.Done[0]; err != nil {
			t.Errorf("%s: %v", c.msg, err)
		}
	}
	d.HandleMessage(flow.MessageOf(flow.NewObject("topic", "a", "payload", flow.Buffer{0, 255})))
	if p := receive(t, got); string(p.Payload) != "\x00\xff" {
		t.Errorf("the broker gets %q", p.Payload)
	}
}

func TestPropertiesOfTheNode(t *testing.T) {
	_, got, d := start(t, 5, `{"broker":"b","topic":"own","qos":"1","retain":"true","respTopic":"answers","contentType":"text/plain",
		"userProps":"{\"k\":\"v\",\"n\":1}","correl":"id","expiry":"60"}`)
	d.Handle(`{"topic":"not this","payload":"x","qos":0,"retain":false,"contentType":"not/this","payloadFormatIndicator":true}`)
	p := receive(t, got)
	props := p.Properties
	if p.TopicName != "own" || p.FixedHeader.Qos != 1 || !p.FixedHeader.Retain || props.ResponseTopic != "answers" ||
		props.ContentType != "text/plain" || string(props.CorrelationData) != "id" || props.MessageExpiryInterval != 60 || props.PayloadFormat != 1 {
		t.Errorf("the broker gets %+v", p)
	}
	if u := props.User; len(u) != 2 || u[0] != (packets.UserProperty{Key: "k", Val: "v"}) || u[1] != (packets.UserProperty{Key: "n", Val: "1"}) {
		t.Errorf("the user properties are %v", u)
	}
}

func TestResponseTopicIsTheTopic(t *testing.T) {
	_, got, d := start(t, 5, `{"broker":"b"}`)
	mqtttest.Await(t, d.Node.(*Node).broker.Client(), true)
	d.Handle(`{"payload":"x","responseTopic":"answers"}`)
	if p := receive(t, got); p.TopicName != "answers" || p.Properties.ResponseTopic != "answers" {
		t.Errorf("the broker gets %q with the response topic %q", p.TopicName, p.Properties.ResponseTopic)
	}
}

// A complete node sees what was published, as in Node-RED.
func TestCompletedMessages(t *testing.T) {
	for _, c := range []struct {
		version           int
		config, msg, want string
	}{
		{4, `{"broker":"b"}`, `{"topic":"a","payload":{"n":1}}`, `{"topic":"a","payload":"{\"n\":1}","qos":0,"retain":false}`},
		{4, `{"broker":"b"}`, `{"payload":null,"topic":"a","qos":"2","retain":"true"}`, `{"payload":"","topic":"a","qos":2,"retain":true}`},
		{4, `{"broker":"b"}`, `{"topic":"a","qos":"x"}`, `{"topic":"a","qos":0,"retain":false}`},
		{4, `{"broker":"b","topic":"own","qos":"1","retain":"false","respTopic":"r"}`, `{"payload":true,"retain":true,"qos":0}`, `{"payload":"true","retain":false,"qos":1,"topic":"own"}`},
		{5, `{"broker":"b","topic":"own","respTopic":"r","contentType":"c","correl":"id","expiry":"60","userProps":"{\"k\":1}"}`, `{"payload":"x","contentType":"not this"}`,
			`{"payload":"x","contentType":"c","topic":"own","qos":0,"retain":false,"userProperties":{"k":"1"},"responseTopic":"r","correlationData":"id","messageExpiryInterval":"60"}`},
		{5, `{"broker":"b"}`, `{"payload":"x","topic":"a","userProperties":"{\"k\":1}","topicAlias":"1"}`, `{"payload":"x","topic":"a","topicAlias":1,"qos":0,"retain":false}`},
		{5, `{"broker":"b"}`, `{"payload":"x","topic":"a","userProperties":{"k":1},"topicAlias":"x"}`, `{"payload":"x","topic":"a","userProperties":{"k":1},"qos":0,"retain":false}`},
		{5, `{"broker":"b"}`, `{"payload":"x","responseTopic":"answers"}`, `{"payload":"x","qos":0,"retain":false,"topic":"answers"}`},
	} {
		_, _, d := start(t, c.version, c.config)
		d.Handle(c.msg)
		d.Until(func() bool { return len(d.Ended) == 1 })
		d.Ended[0].Delete(flow.MsgID)
		if got := flow.JSON(d.Ended[0]); got != c.want {
			t.Errorf("%s: completes as %s, want %s", c.msg, got, c.want)
		}
	}
}

func TestWaitsForTheBroker(t *testing.T) {
	broker, got, d := start(t, 4, `{"broker":"b","topic":"a"}`)
	mqtttest.Await(t, d.Node.(*Node).broker.Client(), true)
	broker.Down()
	mqtttest.Await(t, d.Node.(*Node).broker.Client(), false)
	d.Handle(`{"payload":"late","qos":1}`)
	if len(d.Done) != 0 {
		t.Fatal("the message is done without a connection")
	}
	broker.Up()
	if p := receive(t, got); string(p.Payload) != "late" {
		t.Errorf("the broker gets %q", p.Payload)
	}
	d.Until(func() bool { return len(d.Done) == 1 })
}

func TestWhatIsNotPublished(t *testing.T) {
	_, got, d := start(t, 4, `{"broker":"b"}`)
	d.Handle(`{"topic":"a/#","payload":"x"}`)
	d.Handle(`{"payload":"x"}`)
	d.Handle(`{"topic":"a"}`)
	for _, e := range d.Log {
		if e.What != "Invalid topic specified" || e.Level != flow.LevelWarn {
			t.Errorf("logged %v", e)
		}
	}
	if len(d.Log) != 2 {
		t.Errorf("%d warnings, want 2", len(d.Log))
	}
	d.Handle(`{"topic":"a","payload":"last"}`)
	if p := receive(t, got); string(p.Payload) != "last" {
		t.Errorf("the broker gets %q", p.Payload)
	}
}

// source is where a message came from, and the engine that it is held in.
type source struct {
	flowtest.Discard
	back, done chan struct{}
}

func (s *source) Release() { close(s.back) }

func (s *source) Hold(c *flow.Cause, _ *flow.Message) func(error) {
	c.Hold()
	return func(error) {
		close(s.done)
		c.Done()
	}
}

// A message that its connection took along waits for the next one, and its source
// does not.
func TestConnectionBreaks(t *testing.T) {
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	config := fmt.Sprintf(`{"broker":"127.0.0.1","port":%d,"protocolVersion":4}`, sockettest.Port(l))
	node := flowtest.New(t, mqttbroker.Type(nil), config).Node
	d := flowtest.New(t, Type, `{"broker":"b","topic":"a","qos":"1"}`, func(e *flow.Env) { e.Config = func(string) flow.Node { return node } })
	broker := accept(t, l)
	mqtttest.Await(t, node.(mqtt.Broker).Client(), true)

	from := &source{back: make(chan struct{}), done: make(chan struct{})}
	cause, msg := flow.NewCause(from), d.Message(`{"payload":"x"}`)
	cause.Hold()
	if err := d.Node.Handle(msg, flow.NewOutlet(from, msg, cause)); err != nil {
		t.Fatal(err)
	}
	cause.Done()
	broker.expect("x")
	d.Run()
	if ended(from.back) {
		t.Error("the source does not wait while the broker is connected")
	}
	_ = broker.Close()
	d.Until(func() bool { return ended(from.back) })
	if ended(from.done) {
		t.Error("the message is done without the broker")
	}
	broker = accept(t, l)
	sent := broker.expect("x")
	broker.answer(packets3.Puback, func(p packets3.ControlPacket) { p.(*packets3.PubackPacket).MessageID = sent })
	d.Until(func() bool { return ended(from.done) })
	_ = broker.Close()
	mqtttest.Await(t, node.(mqtt.Broker).Client(), false) // there is nobody to say goodbye to
}

func ended(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// script is a broker that says what a test has it say.
type script struct {
	net.Conn
	t *testing.T
}

// accept takes a client in.
func accept(t *testing.T, l net.Listener) *script {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	s := &script{conn, t}
	s.read()
	s.answer(packets3.Connack, func(packets3.ControlPacket) {})
	return s
}

func (s *script) read() packets3.ControlPacket {
	s.t.Helper()
	p, err := packets3.ReadPacket(s)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *script) answer(kind byte, fill func(packets3.ControlPacket)) {
	s.t.Helper()
	p := packets3.NewControlPacket(kind)
	fill(p)
	if err := p.Write(s); err != nil {
		s.t.Fatal(err)
	}
}

// expect reads a message, and returns its identifier.
func (s *script) expect(payload string) uint16 {
	s.t.Helper()
	p, ok := s.read().(*packets3.PublishPacket)
	if !ok || string(p.Payload) != payload {
		s.t.Fatalf("got %v, want the message %s", p, payload)
	}
	return p.MessageID
}
