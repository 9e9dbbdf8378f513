package mqtt

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/eclipse/paho.golang/packets"

	"github.com/flowrun/flowrun/flow"
)

// codec5 speaks MQTT 5.
type codec5 struct{}

func (codec5) connect(w io.Writer, o *Options) error {
	yes := byte(1)
	p := &packets.Connect{
		ProtocolName: "MQTT", ProtocolVersion: 5, ClientID: o.ClientID, CleanStart: o.CleanSession, KeepAlive: o.KeepAlive,
		Username: o.Username, UsernameFlag: o.Username != "", Password: []byte(o.Password), PasswordFlag: o.Password != "",
		Properties: &packets.Properties{
			RequestProblemInfo: &yes, RequestResponseInfo: &yes,
			SessionExpiryInterval: positive(o.SessionExpiry), MaximumPacketSize: positive(o.MaximumPacketSize),
			ReceiveMaximum: positive(o.ReceiveMaximum), TopicAliasMaximum: positive(o.TopicAliasMaximum),
			User: users(o.UserProperties),
		},
	}
	if m := o.Will; m != nil {
		p.WillFlag, p.WillTopic, p.WillMessage, p.WillQOS, p.WillRetain = true, m.Topic, m.Payload, m.QoS, m.Retain
		p.WillProperties = properties(m)
		p.WillProperties.WillDelayInterval = m.WillDelay
	}
	_, err := p.WriteTo(w)
	return err
}

// positive returns nil for what is not set.
func positive[T comparable](n T) *T {
	var zero T
	if n == zero {
		return nil
	}
	return &n
}

func properties(m *Message) *packets.Properties {
	p := &packets.Properties{
		ResponseTopic: m.ResponseTopic, CorrelationData: m.CorrelationData, ContentType: m.ContentType,
		MessageExpiry: m.Expiry, User: users(m.UserProperties),
	}
	if m.UTF8 != nil {
		format := byte(0)
		if *m.UTF8 {
			format = 1
		}
		p.PayloadFormat = &format
	}
	return p
}

func users(o *flow.Object) []packets.User {
	if o == nil {
		return nil
	}
	var list []packets.User
	for key, value := range o.All() {
		list = append(list, packets.User{Key: key, Value: flow.Text(value)})
	}
	return list
}

func (codec5) write(w io.Writer, packet any) error {
	var out io.WriterTo
	switch p := packet.(type) {
	case *publish:
		props := properties(p.Message)
		props.TopicAlias = positive(p.alias)
		out = &packets.Publish{
			Topic: p.topic, Payload: p.Payload, QoS: p.QoS, Retain: p.Retain, Duplicate: p.dup,
			PacketID: p.id, Properties: props,
		}
	case acknowledgement:
		out = ack5(p)
	case subscribe:
		out = &packets.Subscribe{
			PacketID: p.id, Properties: &packets.Properties{SubscriptionIdentifier: positive(p.Subscription.id)},
			Subscriptions: []packets.SubOptions{{
				Topic: p.Filter, QoS: p.QoS, NoLocal: p.NoLocal,
				RetainAsPublished: p.RetainAsPublished, RetainHandling: p.RetainHandling,
			}},
		}
	case unsubscribe:
		out = &packets.Unsubscribe{PacketID: p.id, Topics: []string{p.filter}, Properties: &packets.Properties{}}
	case ping:
		out = packets.NewControlPacket(packets.PINGREQ)
	case disconnect:
		out = packets.NewControlPacket(packets.DISCONNECT)
	default:
		return fmt.Errorf("mqtt: a %T is nothing to send", packet)
	}
	_, err := out.WriteTo(w)
	return err
}

func ack5(a acknowledgement) io.WriterTo {
	props := &packets.Properties{}
	switch a.kind {
	case puback:
		return &packets.Puback{PacketID: a.id, Properties: props}
	case pubrec:
		return &packets.Pubrec{PacketID: a.id, Properties: props}
	case pubrel:
		return &packets.Pubrel{PacketID: a.id, Properties: props}
	}
	return &packets.Pubcomp{PacketID: a.id, Properties: props}
}

func (codec5) read(r *bufio.Reader) (any, error) {
	var raw bytes.Buffer // Paho keeps only the last of several subscription identifiers
	var from io.Reader = r
	if head, err := r.Peek(1); err != nil {
		return nil, err
	} else if head[0]>>4 == packets.PUBLISH {
		from = io.TeeReader(r, &raw)
	}
	in, err := packets.ReadPacket(from)
	if err != nil {
		return nil, err
	}
	switch p := in.Content.(type) {
	case *packets.Connack:
		return connack5(p), nil
	case *packets.Publish:
		m := &Message{Topic: p.Topic, Payload: p.Payload, QoS: p.QoS, Retain: p.Retain, Properties: received(p.Properties)}
		if p.Properties.SubscriptionIdentifier != nil {
			m.subscriptions = subscriptionIDs(raw.Bytes())
		}
		return &publish{Message: m, id: p.PacketID, dup: p.Duplicate, topic: p.Topic}, nil
	case *packets.Puback:
		return acknowledgement{puback, p.PacketID, refusal5(p.ReasonCode, p.Reason(), p.Properties)}, nil
	case *packets.Pubrec:
		if p.ReasonCode == packets.PubrecPacketIdentifierInUse {
			p.ReasonCode = packets.PubrecSuccess // what came again the broker has already
		}
		return acknowledgement{pubrec, p.PacketID, refusal5(p.ReasonCode, p.Reason(), p.Properties)}, nil
	case *packets.Pubrel:
		return acknowledgement{kind: pubrel, id: p.PacketID}, nil
	case *packets.Pubcomp:
		return acknowledgement{kind: pubcomp, id: p.PacketID}, nil
	case *packets.Suback:
		a := answered{id: p.PacketID}
		for i, code := range p.Reasons {
			a.refusal = refusal5(code, p.Reason(i), p.Properties)
		}
		return a, nil
	case *packets.Unsuback:
		return answered{id: p.PacketID}, nil
	case *packets.Pingresp:
		return pong{}, nil
	case *packets.Disconnect:
		return disconnect{reason5(p.ReasonCode, p.Reason(), p.Properties)}, nil
	}
	return nil, errors.New("the broker has sent a packet that only clients send, or wants to authenticate in a way of its own")
}

func connack5(p *packets.Connack) *connack {
	props := p.Properties
	c := &connack{
		present: p.SessionPresent, refusal: refusal5(p.ReasonCode, p.Reason(), props),
		limits: limits{window: maxWindow, qos: 2, subIDs: true, keepAlive: props.ServerKeepAlive, assignedID: props.AssignedClientID},
	}
	if n := props.ReceiveMaximum; n != nil {
		c.window = min(c.window, int(*n))
	}
	c.exact = c.window
	if n := props.MaximumPacketSize; n != nil {
		c.size = int(*n)
	}
	if n := props.MaximumQOS; n != nil {
		c.qos = *n
	}
	if n := props.RetainAvailable; n != nil {
		c.noRetain = *n == 0
	}
	if n := props.TopicAliasMaximum; n != nil {
		c.aliases = *n
	}
	if n := props.SubIDAvailable; n != nil {
		c.subIDs = *n != 0
	}
	return c
}

func received(p *packets.Properties) Properties {
	props := Properties{
		ResponseTopic: p.ResponseTopic, CorrelationData: p.CorrelationData, ContentType: p.ContentType, Expiry: p.MessageExpiry,
	}
	if p.TopicAlias != nil {
		props.TopicAlias = *p.TopicAlias
	}
	if p.PayloadFormat != nil {
		text := *p.PayloadFormat == 1
		props.UTF8 = &text
	}
	if len(p.User) > 0 {
		props.UserProperties = flow.NewObject()
		values := map[string]flow.Array{}
		for _, u := range p.User {
			list := append(values[u.Key], u.Value)
			if values[u.Key] = list; len(list) == 1 {
				props.UserProperties.Set(u.Key, u.Value)
				continue
			}
			props.UserProperties.Set(u.Key, flow.JSON(list)) // as in Node-RED: all values are texts
		}
	}
	return props
}

func refusal5(code byte, text string, p *packets.Properties) string {
	if code < 0x80 {
		return ""
	}
	return reason5(code, text, p)
}

// reason5 is the broker's own text, or the standard's.
func reason5(code byte, text string, p *packets.Properties) string {
	if p != nil && p.ReasonString != "" {
		text = p.ReasonString
	}
	if text == "" {
		return fmt.Sprintf("reason code 0x%02x", code)
	}
	return text
}

// subscriptionIDs returns the subscription identifiers of a publish packet that
// is known to be well formed (section 3.3 of the standard).
func subscriptionIDs(b []byte) []int {
	qos := b[0] >> 1 & 3
	_, n := binary.Uvarint(b[1:]) // a Variable Byte Integer, section 1.5.5, is one too
	b = b[1+n:]
	b = b[2+binary.BigEndian.Uint16(b):] // the topic
	if qos > 0 {
		b = b[2:]
	}
	size, n := binary.Uvarint(b)
	b = b[n:min(n+int(size), len(b))]
	var ids []int
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		text := func() int { return 2 + int(binary.BigEndian.Uint16(b)) }
		switch kind {
		case packets.PropSubscriptionIdentifier:
			id, n := binary.Uvarint(b)
			ids, b = append(ids, int(id)), b[n:]
		case packets.PropPayloadFormat:
			b = b[1:]
		case packets.PropTopicAlias:
			b = b[2:]
		case packets.PropMessageExpiry:
			b = b[4:]
		case packets.PropUser:
			b = b[text():]
			b = b[text():]
		default: // the others are texts or bytes with their length
			b = b[text():]
		}
	}
	return ids
}
