package mqtt

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// codec puts packets on the wire and takes them off it.
type codec interface {
	connect(w io.Writer, o *Options) error
	write(w io.Writer, packet any) error
	read(r *bufio.Reader) (packet any, err error)
}

// codec3 speaks MQTT 3.1 and 3.1.1.
type codec3 struct{}

func (codec3) connect(w io.Writer, o *Options) error {
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion = "MQTT", 4
	if o.Version == 3 {
		p.ProtocolName, p.ProtocolVersion = "MQIsdp", 3
	}
	p.ClientIdentifier, p.CleanSession, p.Keepalive = o.ClientID, o.CleanSession, o.KeepAlive
	p.Username, p.UsernameFlag = o.Username, o.Username != ""
	p.Password, p.PasswordFlag = []byte(o.Password), o.Username != "" && o.Password != ""
	if w := o.Will; w != nil {
		p.WillFlag, p.WillTopic, p.WillMessage, p.WillQos, p.WillRetain = true, w.Topic, w.Payload, w.QoS, w.Retain
	}
	return p.Write(w)
}

func (codec3) write(w io.Writer, packet any) error {
	switch p := packet.(type) {
	case *publish:
		out := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		out.TopicName, out.Payload, out.MessageID = p.Topic, p.Payload, p.id
		out.Qos, out.Retain, out.Dup = p.QoS, p.Retain, p.dup
		return out.Write(w)
	case acknowledgement:
		return ack3(p).Write(w)
	case subscribe:
		out := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
		out.MessageID, out.Topics, out.Qoss = p.id, []string{p.Filter}, []byte{p.QoS}
		return out.Write(w)
	case unsubscribe:
		out := packets.NewControlPacket(packets.Unsubscribe).(*packets.UnsubscribePacket)
		out.MessageID, out.Topics = p.id, []string{p.filter}
		return out.Write(w)
	case ping:
		return packets.NewControlPacket(packets.Pingreq).Write(w)
	case disconnect:
		return packets.NewControlPacket(packets.Disconnect).Write(w)
	}
	return fmt.Errorf("mqtt: a %T is nothing to send", packet)
}

func ack3(a acknowledgement) packets.ControlPacket {
	p := packets.NewControlPacket(a.kind)
	switch p := p.(type) {
	case *packets.PubackPacket:
		p.MessageID = a.id
	case *packets.PubrecPacket:
		p.MessageID = a.id
	case *packets.PubrelPacket:
		p.MessageID = a.id
	case *packets.PubcompPacket:
		p.MessageID = a.id
	}
	return p
}

func (codec3) read(r *bufio.Reader) (any, error) {
	in, err := packets.ReadPacket(r)
	if err != nil {
		return nil, err
	}
	switch p := in.(type) {
	case *packets.ConnackPacket:
		c := &connack{present: p.SessionPresent, limits: limits{window: maxWindow, exact: maxExact, qos: 2}}
		if p.ReturnCode != packets.Accepted {
			c.refusal = "refused"
			if err := packets.ConnErrors[p.ReturnCode]; err != nil {
				c.refusal = err.Error()
			}
		}
		return c, nil
	case *packets.PublishPacket:
		return &publish{
			Message: &Message{Topic: p.TopicName, Payload: p.Payload, QoS: p.Qos, Retain: p.Retain},
			id:      p.MessageID, dup: p.Dup,
		}, nil
	case *packets.PubackPacket, *packets.PubrecPacket, *packets.PubrelPacket, *packets.PubcompPacket:
		return acknowledgement{kind: kind3(p), id: p.Details().MessageID}, nil
	case *packets.SubackPacket:
		a := answered{id: p.MessageID}
		for _, code := range p.ReturnCodes {
			if code >= 0x80 {
				a.refusal = "no reason given"
			}
		}
		return a, nil
	case *packets.UnsubackPacket:
		return answered{id: p.MessageID}, nil
	case *packets.PingrespPacket:
		return pong{}, nil
	}
	return nil, errors.New("the broker has sent a packet that only clients send")
}

func kind3(p packets.ControlPacket) byte {
	switch p.(type) {
	case *packets.PubackPacket:
		return puback
	case *packets.PubrecPacket:
		return pubrec
	case *packets.PubrelPacket:
		return pubrel
	}
	return pubcomp
}
