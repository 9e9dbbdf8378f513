// Package typedjson prints and reads values as JSON that loses nothing: what
// JSON cannot say is written
//
//	{"__enc__":true,"type":T,"data":…}
//
// with the types undefined, number (NaN, Infinity, -Infinity as text), bigint
// (as text), date (ISO text, null if invalid), regexp {source, flags}, error
// {name, message, code, stack}, buffer (base64, for those over 16 KiB; a smaller
// one is {"type":"Buffer","data":[…]}), internal (requests, sockets: the data is
// a name), circular (nested too deeply), and object: an escape for an object
// that looks like one of these. When read, a map is an object and a set an
// array. It is Node-RED's marker, with more types.
package typedjson

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

const (
	// largeBuffer is how many bytes a Buffer may have to be written as numbers.
	largeBuffer = 16 << 10
	// maxDepth is how deeply values may nest.
	maxDepth = 60
)

// Append appends a value as typed JSON. Messages are printed as objects.
func Append(b []byte, v flow.Value) []byte { return appendValue(b, v, 0) }

func appendValue(b []byte, v flow.Value, depth int) []byte {
	if depth > maxDepth {
		return appendTyped(b, "circular", nil)
	}
	switch v := v.(type) {
	case nil:
		return appendTyped(b, "undefined", nil)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return appendTyped(b, "number", flow.Text(v))
		}
	case *big.Int:
		return appendTyped(b, "bigint", v.String())
	case flow.Buffer:
		if len(v) > largeBuffer {
			return appendTyped(b, "buffer", base64.StdEncoding.EncodeToString(v))
		}
	case flow.Date:
		if math.IsNaN(float64(v)) {
			return appendTyped(b, "date", flow.Null{})
		}
		return appendTyped(b, "date", v.String())
	case *jsregexp.Regexp:
		return appendTyped(b, "regexp", flow.NewObject("source", v.String(), "flags", v.Flags()))
	case flow.Array:
		return appendArray(b, v, depth)
	case *flow.Object:
		return appendObject(b, v, depth)
	case *flow.Message:
		if isError(v.Object()) {
			return appendPlain(b, v.Object(), depth) // see Message
		}
		return appendObject(b, v.Object(), depth)
	case error:
		return appendTyped(b, "error", errorValue(v))
	}
	if flow.TypeName(v) == "object" { // no type of value that there is
		return appendTyped(b, "internal", fmt.Sprintf("%T", v))
	}
	return flow.AppendJSON(b, v)
}

func appendTyped(b []byte, typ string, data flow.Value) []byte {
	b = append(b, `{"__enc__":true,"type":"`...)
	b = append(b, typ...)
	b = append(b, '"')
	if data != nil {
		b = flow.AppendJSON(append(b, `,"data":`...), data)
	}
	return append(b, '}')
}

func appendArray(b []byte, list flow.Array, depth int) []byte {
	b = append(b, '[')
	for i, item := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, item, depth+1)
	}
	return append(b, ']')
}

func appendObject(b []byte, o *flow.Object, depth int) []byte {
	if !looksEncoded(o) {
		return appendPlain(b, o, depth)
	}
	b = append(b, `{"__enc__":true,"type":"object","data":`...)
	return append(appendPlain(b, o, depth), '}')
}

func appendPlain(b []byte, o *flow.Object, depth int) []byte {
	b = append(b, '{')
	first := true
	for key, v := range o.All() {
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(flow.AppendJSON(b, key), ':')
		b = appendValue(b, v, depth+1)
	}
	return append(b, '}')
}

// looksEncoded tells whether a reader would take the object for something else.
func looksEncoded(o *flow.Object) bool {
	if o.Get("__enc__") != nil {
		return true
	}
	_, isList := o.Get("data").(flow.Array)
	return isList && o.Get("type") == "Buffer"
}

func errorValue(err error) *flow.Object {
	e, ok := errors.AsType[*flow.Error](err)
	if !ok {
		return flow.NewObject("name", "Error", "message", err.Error())
	}
	name := e.Name
	if name == "" {
		name = "Error"
	}
	o := flow.NewObject("name", name, "message", e.Message)
	if e.Code != "" {
		o.Set("code", e.Code)
	}
	if e.Stack != "" {
		o.Set("stack", e.Stack)
	}
	return o
}

// Decode turns a value that was read with [flow.ParseJSON] into the one that
// was printed. What has no counterpart here (a function, a request) becomes an
// empty object, and what is no valid encoding stays as it is.
func Decode(v flow.Value) flow.Value {
	switch v := v.(type) {
	case flow.Array:
		list := make(flow.Array, len(v))
		for i, item := range v {
			list[i] = Decode(item)
		}
		return list
	case *flow.Object:
		if v.Get("__enc__") == true {
			if typ, ok := v.Get("type").(string); ok {
				if decoded, ok := decodeTyped(typ, v.Get("data")); ok {
					return decoded
				}
			}
		}
		if data, ok := v.Get("data").(flow.Array); ok && v.Len() == 2 && v.Get("type") == "Buffer" {
			return bufferOf(data)
		}
		return decodeObject(v)
	}
	return v
}

// Message is [Decode] for a message, which must be an object: nil if it is
// none. For an error its encoding stands in, and [Append] prints that as it is:
// so an error passes through a flow as a message, which Node-RED allows.
func Message(v flow.Value) *flow.Message {
	o, ok := v.(*flow.Object)
	if ok && !isError(o) {
		o, ok = Decode(v).(*flow.Object)
	}
	if !ok {
		return nil
	}
	return flow.MessageOf(o)
}

// isError tells whether an object is the encoding of an error.
func isError(o *flow.Object) bool { return o.Get("__enc__") == true && o.Get("type") == "error" }

func decodeObject(o *flow.Object) *flow.Object {
	out := &flow.Object{}
	for key, v := range o.All() {
		out.Set(key, Decode(v))
	}
	return out
}

func decodeTyped(typ string, data flow.Value) (flow.Value, bool) {
	text, isText := data.(string)
	object, isObject := data.(*flow.Object)
	list, isList := data.(flow.Array)
	switch {
	case typ == "undefined":
		return nil, true
	case typ == "circular":
		return "[Circular]", true
	case typ == "internal", typ == "function":
		return &flow.Object{}, true
	case typ == "number":
		return flow.Number(data), true
	case typ == "date":
		return dateOf(text), true
	case typ == "bigint" && isText:
		return new(big.Int).SetString(text, 10)
	case typ == "buffer" && isText:
		bytes, err := base64.StdEncoding.DecodeString(text)
		return flow.Buffer(bytes), err == nil
	case typ == "regexp" && isObject:
		re, err := jsregexp.Compile(flow.Text(object.Get("source")), flow.Text(object.Get("flags")))
		return re, err == nil
	case typ == "error" && isObject:
		return errorOf(object), true
	case typ == "object" && isObject:
		return decodeObject(object), true
	case typ == "set" && isList:
		return Decode(list), true
	case typ == "map" && isList:
		return mapOf(list), true
	}
	return nil, false
}

func bufferOf(data flow.Array) flow.Buffer {
	b := make(flow.Buffer, len(data))
	for i, item := range data {
		b[i] = byte(int64(flow.Number(item)))
	}
	return b
}

func dateOf(text string) flow.Date {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return flow.Date(math.NaN())
	}
	return flow.Date(t.UnixMilli())
}

func errorOf(o *flow.Object) *flow.Error {
	text := func(key string) string { s, _ := o.Get(key).(string); return s }
	return &flow.Error{Name: text("name"), Message: text("message"), Code: text("code"), Stack: text("stack")}
}

// mapOf makes an object of a map's entries.
func mapOf(entries flow.Array) *flow.Object {
	out := &flow.Object{}
	for _, item := range entries {
		if pair, ok := item.(flow.Array); ok && len(pair) == 2 {
			out.Set(flow.Text(Decode(pair[0])), Decode(pair[1]))
		}
	}
	return out
}
