package mqttbroker

import (
	"net"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
	"github.com/flowrun/flowrun/internal/tlsconf"
)

// Config is the node's configuration.
type Config struct {
	Broker          string     `json:"broker" doc:"host, or an address: mqtt://, mqtts://, ws:// or wss://, with port and path; empty is localhost"`
	URL             string     `json:"url" doc:"address that is used in place of broker and port"`
	Port            int        `json:"port" doc:"port of the broker"`
	TLS             string     `json:"tls" doc:"id of a tls-config node, with usetls"`
	ClientID        string     `json:"clientid" doc:"name of the client; empty is one of its own for each start"`
	AutoConnect     bool       `json:"autoConnect" doc:"connect when a node uses the connection; else when a message says so"`
	UseTLS          bool       `json:"usetls" doc:"use TLS"`
	Verify          bool       `json:"verifyservercert" doc:"check the server's certificate, with usetls and without a tls-config node"`
	CompatMode      bool       `json:"compatmode" doc:"speak MQTT 3.1, as old exports say it"`
	ProtocolVersion flow.Value `json:"protocolVersion" doc:"3 is MQTT 3.1, 4 is 3.1.1, 5 is 5"`
	KeepAlive       int        `json:"keepalive" doc:"seconds after which the two ends make sure of each other; 0 is never"`
	CleanSession    bool       `json:"cleansession" doc:"the broker keeps nothing for the client while it is away; else it keeps subscriptions and messages, and needs clientid"`
	AutoUnsubscribe bool       `json:"autoUnsubscribe" doc:"unsubscribe when the flows stop"`
	SessionExpiry   int64      `json:"sessionExpiry" doc:"seconds that the broker keeps the session; MQTT 5"`
	UserProps       flow.Value `json:"userProps" doc:"user properties of the connection, an object or its JSON; MQTT 5"`
	TopicAliases    int        `json:"topicAliasMaximum" doc:"how many topics the broker may abbreviate; MQTT 5"`
	PacketSize      int64      `json:"maximumPacketSize" doc:"largest packet that the broker may send, in bytes; 0 is any; MQTT 5"`
	ReceiveMaximum  int        `json:"receiveMaximum" doc:"how many messages of QoS 1 and 2 the broker may send before they are acknowledged; 0 is 256; MQTT 5"`
	QueueLimit      int        `json:"queueLimit" doc:"how many messages may wait for a connection or for the broker; 0 is any number"`

	BirthTopic   string       `json:"birthTopic" doc:"topic of a message that is sent whenever it has connected"`
	BirthQoS     flow.Value   `json:"birthQos" doc:"its QoS"`
	BirthRetain  bool         `json:"birthRetain" doc:"the broker retains it"`
	BirthPayload flow.Value   `json:"birthPayload" doc:"its payload"`
	BirthMsg     *flow.Object `json:"birthMsg" doc:"its properties: contentType, userProps, respTopic, correl, expiry; MQTT 5"`
	CloseTopic   string       `json:"closeTopic" doc:"topic of a message that is sent before it disconnects by itself"`
	CloseQoS     flow.Value   `json:"closeQos" doc:"its QoS"`
	CloseRetain  bool         `json:"closeRetain" doc:"the broker retains it"`
	ClosePayload flow.Value   `json:"closePayload" doc:"its payload"`
	CloseMsg     *flow.Object `json:"closeMsg" doc:"its properties"`
	WillTopic    string       `json:"willTopic" doc:"topic of a message that the broker sends when the connection breaks"`
	WillQoS      flow.Value   `json:"willQos" doc:"its QoS"`
	WillRetain   bool         `json:"willRetain" doc:"the broker retains it"`
	WillPayload  flow.Value   `json:"willPayload" doc:"its payload"`
	WillMsg      *flow.Object `json:"willMsg" doc:"its properties, and delay, in seconds"`
}

func defaults() Config {
	return Config{
		Port: 1883, AutoConnect: true, ProtocolVersion: 4.0, KeepAlive: 60, CleanSession: true, AutoUnsubscribe: true,
		QueueLimit: 10000, BirthQoS: "0", BirthPayload: "", CloseQoS: "0", ClosePayload: "", WillQoS: "0", WillPayload: "",
		UserProps: "",
	}
}

// options makes the options of a connection. The error is a *[flow.ConfigError].
func (n *Node) options(c login) (mqtt.Options, error) {
	o := mqtt.Options{
		Name: c.address(), Host: c.Broker, Version: 4, ClientID: c.ClientID, Username: c.User, Password: c.Password,
		CleanSession: c.CleanSession || c.ClientID == "", UserProperties: mqtt.UserProperties(c.UserProps),
		AutoConnect: c.AutoConnect, Keep: !c.AutoUnsubscribe, Reconnect: n.pause,
		Will:  message(c.WillTopic, c.WillPayload, c.WillQoS, c.WillRetain, c.WillMsg),
		Birth: message(c.BirthTopic, c.BirthPayload, c.BirthQoS, c.BirthRetain, c.BirthMsg),
		Close: message(c.CloseTopic, c.ClosePayload, c.CloseQoS, c.CloseRetain, c.CloseMsg),
	}
	if o.Will != nil && !mqtt.ValidTopic(o.Will.Topic) {
		return o, &flow.ConfigError{Property: "willTopic", Reason: "nothing can be published on " + o.Will.Topic}
	}
	if c.ClientID == "" {
		o.ClientID = n.generated
	}
	switch version := flow.Number(c.ProtocolVersion); {
	case c.CompatMode || version == 3:
		o.Version = 3
	case version == 5:
		o.Version = 5
	}
	for _, number := range []struct {
		property string
		value    int64
		limit    int64
	}{
		{"keepalive", int64(c.KeepAlive), 1<<16 - 1}, {"sessionExpiry", c.SessionExpiry, 1<<32 - 1},
		{"maximumPacketSize", c.PacketSize, 1<<32 - 1}, {"receiveMaximum", int64(c.ReceiveMaximum), 1<<16 - 1},
		{"topicAliasMaximum", int64(c.TopicAliases), 1<<16 - 1},
	} {
		if number.value < 0 || number.value > number.limit {
			return o, &flow.ConfigError{Property: number.property, Reason: "expected a number from 0 to " + strconv.FormatInt(number.limit, 10)}
		}
	}
	o.KeepAlive, o.SessionExpiry, o.MaximumPacketSize = uint16(c.KeepAlive), uint32(c.SessionExpiry), uint32(c.PacketSize)
	o.ReceiveMaximum, o.TopicAliasMaximum = uint16(c.ReceiveMaximum), uint16(c.TopicAliases)
	if o.ReceiveMaximum == 0 {
		o.ReceiveMaximum = 256
	}
	secure, err := n.tls(c.Config)
	if err != nil {
		return o, err
	}
	if o.Dial, err = mqtt.Dialler(o.Name, secure); err != nil {
		return o, &flow.ConfigError{Property: "broker", Reason: err.Error()}
	}
	return o, nil
}

// address returns the broker's address with its scheme.
func (c Config) address() string {
	switch {
	case c.URL != "":
		return c.URL
	case strings.Contains(c.Broker, "://"):
		return c.Broker
	}
	scheme, host, port := "mqtt://", c.Broker, c.Port
	if c.UseTLS {
		scheme = "mqtts://"
	}
	if host == "" {
		host, port = "localhost", 1883
	}
	if port == 0 {
		port = 1883
	}
	return scheme + net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port))
}

// tls returns what TLS connections are made with.
func (n *Node) tls(c Config) (tlsconf.Provider, error) {
	if c.UseTLS && c.TLS != "" {
		return tlsconf.Lookup(n.env, c.TLS)
	}
	return tlsconf.NewSource(tlsconf.Settings{Insecure: !c.Verify}), nil
}

// shortNames are what the editor calls some properties of MQTT 5.
var shortNames = map[string]string{
	"respTopic": "responseTopic", "correl": "correlationData", "expiry": "messageExpiryInterval",
	"delay": "willDelayInterval", "userProps": "userProperties",
}

// message returns a birth, close or will message, nil without a topic.
func message(topic string, payload, qos flow.Value, retain bool, properties *flow.Object) *mqtt.Message {
	if topic == "" {
		return nil
	}
	m := &mqtt.Message{Topic: topic, Payload: mqtt.Payload(payload), QoS: mqtt.Quality(qos, 0), Retain: retain}
	if properties != nil {
		all := properties.Clone()
		for short, name := range shortNames {
			if v, ok := properties.Lookup(short); ok {
				all.Set(name, v)
			}
		}
		m.Properties = mqtt.PropertiesOf(all)
	}
	return m
}
