package mqttin

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/mqtt/mqtttest"
	"github.com/flowrun/flowrun/nodes/mqttbroker"
)

func TestMain(m *testing.M) { mqtttest.Main(m) }

func TestDecode(t *testing.T) {
	text, binary := true, false
	for _, c := range []struct {
		datatype, content string
		utf8              *bool
		payload           string
		want              string // as JSON
		problem           string
	}{
		{"utf8", "", nil, `{"a":1}`, `"{\"a\":1}"`, ""},
		{"buffer", "", nil, "hi", `{"type":"Buffer","data":[104,105]}`, ""},
		{"base64", "", nil, "hi", `"aGk="`, ""},
		{"json", "", nil, `{"a":1}`, `{"a":1}`, ""},
		{"json", "", nil, `{a:1}`, `{"type":"Buffer","data":[123,97,58,49,125]}`, "invalid-json-parse"},
		{"json", "", nil, "\xff", `{"type":"Buffer","data":[255]}`, "invalid-json-string"},
		{"auto", "", nil, `{"a":1}`, `"{\"a\":1}"`, ""},
		{"auto", "", nil, "\xff", `{"type":"Buffer","data":[255]}`, ""},
		{"auto-detect", "", nil, `{"a":1}`, `{"a":1}`, ""},
		{"auto-detect", "", nil, "42", "42", ""},
		{"auto-detect", "", nil, "text", `"text"`, ""},
		{"auto-detect", "", nil, "\xff", `{"type":"Buffer","data":[255]}`, ""},
		{"auto-detect", "text/plain", nil, `{"a":1}`, `"{\"a\":1}"`, ""},
		{"auto-detect", "Application/JSON", nil, `{"a":1}`, `{"a":1}`, ""},
		{"auto", "application/json", nil, `{"a":1}`, `"{\"a\":1}"`, ""},
		{"auto", "application/json", nil, `{a:1}`, `"{a:1}"`, "invalid-json-parse"},
		{"auto", "application/zip", nil, "hi", `{"type":"Buffer","data":[104,105]}`, ""},
		{"auto-detect", "x/unknown", nil, "1", "1", ""},
		{"auto", "", &text, "\xff", `"�"`, ""},
		{"auto", "", &binary, "hi", `"hi"`, ""},
	} {
		m := &mqtt.Message{Payload: []byte(c.payload), Properties: mqtt.Properties{ContentType: c.content, UTF8: c.utf8}}
		got, problem := decode(c.datatype, m)
		if flow.JSON(got) != c.want || problem != c.problem {
			t.Errorf("%s, %q, %q: got %s %q, want %s %q", c.datatype, c.content, c.payload, flow.JSON(got), problem, c.want, c.problem)
		}
	}
}

// start starts a broker, and an mqtt in node that uses it.
func start(t *testing.T, version int, config string) (*mqtttest.Embedded, *flowtest.Driver) {
	t.Helper()
	broker := mqtttest.New(t, nil)
	node := flowtest.New(t, mqttbroker.Type(nil), fmt.Sprintf(`{"broker":"localhost","port":%d,"protocolVersion":%d}`, broker.Port(), version)).Node
	d := flowtest.New(t, Type, config, func(e *flow.Env) { e.Config = func(string) flow.Node { return node } })
	mqtttest.Await(t, node.(mqtt.Broker).Client(), true)
	return broker, d
}

// subscribed waits until the broker sends a topic to somebody. The client is
// connected when it has subscribed to what it knew of by then; what comes later
// takes its time.
func subscribed(b *mqtttest.Embedded, topic string) {
	for len(b.Server.Topics.Subscribers(topic).Subscriptions) == 0 {
		runtime.Gosched()
	}
}

func publish(t *testing.T, b *mqtttest.Embedded, topic, payload string, retain bool) {
	t.Helper()
	if err := b.Server.Publish(topic, []byte(payload), retain, 1); err != nil {
		t.Fatal(err)
	}
}

func TestReceive(t *testing.T) {
	broker, d := start(t, 4, `{"broker":"b","topic":"a/+","qos":"1","datatype":"auto-detect"}`)
	publish(t, broker, "a/b", `{"n":1}`, false)
	d.Until(func() bool { return len(d.Sent(0)) == 1 })
	if got, want := d.Sent(0)[0], `{"topic":"a/b","payload":{"n":1},"qos":1,"retain":false,"_topic":"a/b"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := d.Badges(); got[0] != "yellow ring connecting" {
		t.Errorf("the badges are %q", got)
	}
	broker.Restart()
	publish(t, broker, "a/c", "again", true)            // retained: it comes when the node has subscribed again
	d.Until(func() bool { return len(d.Sent(0)) >= 2 }) // more than once if it came in between, and as a retained one
}

func TestInvalidJSON(t *testing.T) {
	broker, d := start(t, 4, `{"broker":"b","topic":"a","datatype":"json"}`)
	publish(t, broker, "a", `{n:1}`, true)
	d.Until(func() bool { return len(d.Log) > 0 })
	if e := d.Log[0]; e.What != "Failed to parse JSON string" || e.Msg.Get("topic") != "a" {
		t.Errorf("reported %q with the message %s", e.What, flow.JSON(e.Msg))
	}
}

func TestDynamicSubscriptions(t *testing.T) {
	broker, d := start(t, 5, `{"broker":"b","inputs":1,"datatype":"utf8"}`)
	publish(t, broker, "a", "kept", true)
	d.Handle(`{"action":"subscribe","topic":["a",{"topic":"b/#","qos":1,"datatype":"json"}]}`)
	d.Until(func() bool { return len(d.Sent(0)) == 1 })
	subscribed(broker, "b/c")
	publish(t, broker, "b/c", "[1]", false)
	d.Until(func() bool { return len(d.Sent(0)) == 2 })
	d.Handle(`{"action":"getSubscriptions"}`)
	want := []string{
		`{"topic":"a","payload":"kept","qos":1,"retain":true,"_topic":"a"}`,
		`{"topic":"b/c","payload":[1],"qos":1,"retain":false,"_topic":"b/c"}`,
		`{"action":"getSubscriptions","topic":"subscriptions","payload":[{"topic":"a","qos":2,"rh":0,"rap":true},{"topic":"b/#","qos":1,"datatype":"json","rh":0,"rap":true}]}`,
	}
	if got := d.Sent(0); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.Handle(`{"action":"unsubscribe","topic":true}`)
	d.Handle(`{"action":"getSubscriptions"}`)
	if got := d.Messages(0)[3].Get("payload"); flow.JSON(got) != "[]" {
		t.Errorf("subscriptions after unsubscribing: %s", flow.JSON(got))
	}
	for action, want := range map[string]string{
		`{"action":"dance"}`:                        "Error: Invalid action specified",
		`{"action":"subscribe"}`:                    "Error: msg.topic is missing or invalid",
		`{"action":"subscribe","topic":"a/#/b"}`:    "Error: Invalid topic specified",
		`{"action":"connect","broker":{"port":99}}`: "Error: Disconnect from broker before connecting",
	} {
		d.Done = nil
		d.Handle(action)
		d.Until(func() bool { return len(d.Done) == 1 })
		if err := d.Done[0]; err == nil || err.Error() != want {
			t.Errorf("%s: got error %v, want %s", action, err, want)
		}
	}
}

// A message that has subscribed completes with the options in its topics. What is
// no QoS is 0, as in Node-RED; nothing is 2.
func TestCompletedSubscriptions(t *testing.T) {
	for _, c := range []struct {
		version             int
		topic, filled, list string
	}{
		{4, `"a"`, `"a"`, `[{"topic":"a","qos":2}]`},
		{4, `{"topic":"a"}`, `{"topic":"a","qos":2}`, `[{"topic":"a","qos":2}]`},
		{4, `["a",{"topic":"b","qos":"1"}]`, `["a",{"topic":"b","qos":1}]`, `[{"topic":"a","qos":2},{"topic":"b","qos":1}]`},
		{4, `{"topic":"a","qos":3}`, `{"topic":"a"}`, `[{"topic":"a"}]`},
		{4, `{"topic":"a","qos":null}`, `{"topic":"a"}`, `[{"topic":"a"}]`},
		{5, `{"topic":"a","rap":"false","nl":"true","rh":1}`, `{"topic":"a","rap":false,"nl":true,"rh":1,"qos":2}`, `[{"topic":"a","rap":false,"nl":true,"rh":1,"qos":2}]`},
		{5, `{"topic":"a","rap":"x","nl":"x","rh":"x"}`, `{"topic":"a","qos":2}`, `[{"topic":"a","qos":2}]`},
	} {
		broker, d := start(t, c.version, `{"broker":"b","inputs":1}`)
		d.Handle(`{"action":"subscribe","topic":` + c.topic + `}`)
		d.Ended[0].Delete(flow.MsgID)
		if got, want := flow.JSON(d.Ended[0]), `{"action":"subscribe","topic":`+c.filled+`,"subscriptions":`+c.list+`}`; got != want {
			t.Errorf("%s: completes as %s, want %s", c.topic, got, want)
		}
		if strings.Contains(c.list, `[{"topic":"a"}]`) {
			subscribed(broker, "a")
			for _, s := range broker.Server.Topics.Subscribers("a").Subscriptions {
				if s.Qos != 0 {
					t.Errorf("%s: subscribes with QoS %d", c.topic, s.Qos)
				}
			}
		}
	}
}

// A message that cannot be subscribed to is caught as it came.
func TestFailedSubscription(t *testing.T) {
	_, d := start(t, 4, `{"broker":"b","inputs":1}`)
	d.Handle(`{"action":"subscribe","topic":["a","b/#/c"]}`)
	d.Ended[0].Delete(flow.MsgID)
	if got, want := flow.JSON(d.Ended[0]), `{"action":"subscribe","topic":["a","b/#/c"]}`; got != want || d.Done[0] == nil {
		t.Errorf("%s ends with %v, want %s with an error", got, d.Done[0], want)
	}
}

func TestConnectionActions(t *testing.T) {
	broker, d := start(t, 4, `{"broker":"b","topic":"a"}`)
	d.Handle(`{"action":"disconnect"}`)
	d.Until(func() bool { return len(d.Done) == 1 })
	if got := d.Badges(); got[len(got)-1] != "red ring disconnected" {
		t.Errorf("the badges are %q", got)
	}
	d.Handle(`{"action":"connect","broker":{"protocolVersion":5,"clientid":"renamed"}}`)
	d.Until(func() bool { return len(d.Done) == 2 })
	if err := d.Done[1]; err != nil {
		t.Fatal(err)
	}
	if c, ok := broker.Server.Clients.Get("renamed"); !ok || c.Properties.ProtocolVersion != 5 {
		t.Error("the broker does not know the client by its new name and version")
	}
}

func TestInvalidTopic(t *testing.T) {
	broker := flowtest.New(t, mqttbroker.Type(nil), `{"broker":"localhost"}`).Node
	env := flow.Env{Config: func(string) flow.Node { return broker }}
	for topic, want := range map[string]string{"a/#/b": "topic: Invalid topic specified: a/#/b", "": "topic: topic not defined"} {
		_, err := Type.New(flow.NewObject("broker", "b", "topic", topic), env)
		if bad, ok := errors.AsType[*flow.ConfigError](err); !ok || !bad.Idle || err.Error() != want {
			t.Errorf("%q: %v", topic, err)
		}
	}
	if _, err := Type.New(flow.NewObject("broker", "b", "topic", "", "inputs", 1.0), env); err != nil {
		t.Errorf("a node that messages have subscribe: %v", err)
	}
}
