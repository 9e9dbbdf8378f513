// Package debugvalue encodes values for people who look at them from afar, as
// Node-RED's debug sidebar gets them: long ones are cut, and what JSON cannot
// say is marked.
package debugvalue

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

// maxLength bounds text, Buffers and lists (Node-RED's debugMaxLength).
const maxLength = 1000

// Encode returns a value as the sidebar shows it: as text, and what that
// text is (Node-RED's encodeObject): string[5], number, buffer[3], array[2],
// Object and so on. Long values are cut.
func Encode(v flow.Value) (text, format string) {
	switch v := v.(type) {
	case nil:
		return "(undefined)", "undefined"
	case flow.Null:
		return "(undefined)", "null" // in Node-RED too
	case bool:
		return flow.Text(v), "boolean"
	case float64:
		return flow.Text(v), "number"
	case string:
		return cut(v), fmt.Sprintf("string[%d]", flow.UTF16Len(v))
	case flow.Buffer:
		text = hex.EncodeToString(v[:min(len(v), maxLength)])
		return text[:min(len(text), maxLength)], fmt.Sprintf("buffer[%d]", len(v))
	case flow.Array:
		return flow.JSON(encode(v)), fmt.Sprintf("array[%d]", len(v))
	case flow.Date:
		if math.IsNaN(float64(v)) {
			return v.String(), "Date"
		}
		return v.Time().Local().Format("Mon Jan 02 2006 15:04:05 GMT-0700 (MST)"), "Date"
	case *jsregexp.Regexp:
		return "/" + v.String() + "/", "regexp"
	case error:
		return flow.JSON(encoded("error", "data", errorData(v))), "error"
	case *flow.Object:
		return flow.JSON(encode(v)), "Object"
	}
	return "[internal]", "Object"
}

// encode replaces what JSON cannot say, and cuts what is too long.
func encode(v flow.Value) flow.Value {
	switch v := v.(type) {
	case nil:
		return encoded("undefined")
	case flow.Null, bool, flow.Date:
		return v
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return encoded("number", "data", flow.Text(v))
		}
		return v
	case string:
		return cut(v)
	case flow.Buffer:
		data := flow.Array{}
		for _, c := range v[:min(len(v), maxLength)] {
			data = append(data, float64(c))
		}
		return flow.NewObject("type", "Buffer", "data", data, "__enc__", true, "length", float64(len(v)))
	case flow.Array:
		list := flow.Array{}
		for _, item := range v[:min(len(v), maxLength)] {
			list = append(list, encode(item))
		}
		if len(v) > maxLength {
			return encoded("array", "data", list, "length", float64(len(v)))
		}
		return list
	case *flow.Object:
		o := flow.NewObject()
		for key, value := range v.All() {
			if key == "_req" || key == "_res" {
				o.Set(key, encoded("internal"))
			} else {
				o.Set(key, encode(value))
			}
		}
		return o
	case *jsregexp.Regexp:
		return encoded("regexp", "data", "/"+v.String()+"/")
	case error:
		return v.Error()
	}
	return "[internal]"
}

func encoded(typ string, pairs ...flow.Value) *flow.Object {
	return flow.NewObject(append([]flow.Value{"__enc__", true, "type", typ}, pairs...)...)
}

func errorData(err error) *flow.Object {
	var e *flow.Error
	if !errors.As(err, &e) {
		return flow.NewObject("name", "Error", "message", err.Error())
	}
	o := flow.NewObject("name", cmp.Or(e.Name, "Error"), "message", e.Message)
	if e.Code != "" {
		o.Set("code", e.Code)
	}
	if e.Cause != nil {
		o.Set("cause", encode(e.Cause))
	}
	if e.Stack != "" {
		o.Set("stack", e.Stack)
	}
	return o
}

func cut(s string) string {
	if len(s) <= maxLength {
		return s
	}
	if runes := []rune(s); len(runes) > maxLength {
		return string(runes[:maxLength]) + "..."
	}
	return s
}
