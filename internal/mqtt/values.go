package mqtt

import (
	"math"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Payload returns a value as the payload of a message, as Node-RED makes it:
// nothing of null and undefined, JSON of objects and lists. It shares nothing
// with the value.
func Payload(v flow.Value) []byte {
	switch v := v.(type) {
	case nil, flow.Null:
		return nil
	case flow.Buffer:
		return append([]byte(nil), v...)
	case *flow.Object, flow.Array:
		return flow.AppendJSON(nil, v)
	}
	return []byte(flow.Text(v))
}

// Quality returns a QoS, or def for what is none.
func Quality(v flow.Value, def byte) byte {
	if n, ok := whole(v, 2); ok {
		return byte(n)
	}
	return def
}

// whole reads a whole number from 0 to limit, as parseInt does.
func whole(v flow.Value, limit float64) (float64, bool) {
	n := flow.ParseFloat(flow.Text(v))
	if n = math.Trunc(n); math.IsNaN(n) || n < 0 || n > limit {
		return 0, false
	}
	return n, true
}

// Bool returns true and false, also as texts, and def for all else.
func Bool(v flow.Value, def bool) bool {
	switch v {
	case true, "true":
		return true
	case false, "false":
		return false
	}
	return def
}

// UserProperties returns the user properties in a value: an object or its JSON.
// Values that are no texts become JSON. It is nil if there are none.
func UserProperties(v flow.Value) *flow.Object {
	if text, ok := v.(string); ok && strings.HasPrefix(strings.TrimLeft(text, " "), "{") {
		v, _ = flow.ParseJSON([]byte(text)) // as in Node-RED, what is no JSON is no properties
	}
	o, ok := v.(*flow.Object)
	if !ok {
		return nil
	}
	out := flow.NewObject()
	for key, value := range o.All() {
		switch value := value.(type) {
		case nil, flow.Null:
		case string:
			out.Set(key, value)
		default:
			out.Set(key, flow.JSON(value))
		}
	}
	if out.Len() == 0 {
		return nil
	}
	return out
}

// PropertiesOf reads the properties of MQTT 5 from those of a message, with the
// names that they have in Node-RED. Ones that are of the wrong kind are left out.
func PropertiesOf(o *flow.Object) Properties {
	var p Properties
	p.ResponseTopic, _ = o.Get("responseTopic").(string)
	p.ContentType, _ = o.Get("contentType").(string)
	p.UserProperties = UserProperties(o.Get("userProperties"))
	switch v := o.Get("correlationData").(type) {
	case string, flow.Buffer:
		p.CorrelationData = Payload(v)
	case flow.Array:
		p.CorrelationData = flow.BufferOf(v)
	}
	p.Expiry = seconds(o.Get("messageExpiryInterval"))
	p.WillDelay = seconds(o.Get("willDelayInterval"))
	if n, ok := whole(o.Get("topicAlias"), math.MaxUint16); ok {
		p.TopicAlias = uint16(n)
	}
	if v := o.Get("payloadFormatIndicator"); Bool(v, true) == Bool(v, false) {
		text := Bool(v, false)
		p.UTF8 = &text
	}
	return p
}

func seconds(v flow.Value) *uint32 {
	n, ok := whole(v, math.MaxUint32)
	if !ok {
		return nil
	}
	s := uint32(n)
	return &s
}

// SetOn sets the properties of MQTT 5 of a received message on one of a flow.
func (p *Properties) SetOn(o *flow.Message) {
	if p.ResponseTopic != "" {
		o.Set("responseTopic", p.ResponseTopic)
	}
	if len(p.CorrelationData) > 0 {
		o.Set("correlationData", flow.Buffer(p.CorrelationData))
	}
	if p.ContentType != "" {
		o.Set("contentType", p.ContentType)
	}
	if p.Expiry != nil {
		o.Set("messageExpiryInterval", float64(*p.Expiry))
	}
	if p.UTF8 != nil {
		o.Set("payloadFormatIndicator", *p.UTF8)
	}
	if p.UserProperties != nil {
		o.Set("userProperties", p.UserProperties)
	}
}
