package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// The bounds of what is printed of a value; a line is cut anyway.
const (
	maxValueDepth = 6
	maxValueItems = 200
	maxValueBytes = 4 << 10
)

// messageText prints a message with its payload first and without its id:
//
//	"hello"  topic: "greeting"  sessionId: "sess-1"
func messageText(v flow.Value) string {
	o, ok := v.(*flow.Object)
	if !ok {
		return valueText(v)
	}
	var parts []string
	if payload, has := o.Lookup("payload"); has {
		parts = append(parts, valueText(payload))
	}
	for key, v := range o.All() {
		if key != "payload" && key != flow.MsgID {
			parts = append(parts, keyText(key)+": "+valueText(v))
		}
	}
	if len(parts) == 0 {
		return "{}"
	}
	return strings.Join(parts, "  ")
}

// valueText prints a value as people write it: {a: 1, b: ["x"]}. A Buffer that
// is readable text looks like one.
func valueText(v flow.Value) string {
	var b strings.Builder
	appendValueText(&b, v, 0)
	return b.String()
}

func appendValueText(b *strings.Builder, v flow.Value, depth int) {
	switch v := v.(type) {
	case string:
		b.WriteString(quoted(v))
	case flow.Buffer:
		b.WriteString(bufferText(v))
	case flow.Array:
		if depth >= maxValueDepth {
			b.WriteString("[…]")
			return
		}
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			if i == maxValueItems {
				fmt.Fprintf(b, "… %d in all", len(v))
				break
			}
			appendValueText(b, item, depth+1)
		}
		b.WriteByte(']')
	case *flow.Object:
		if depth >= maxValueDepth {
			b.WriteString("{…}")
			return
		}
		b.WriteByte('{')
		n := 0
		for key, item := range v.All() {
			if n > 0 {
				b.WriteString(", ")
			}
			if n == maxValueItems {
				fmt.Fprintf(b, "… %d in all", v.Len())
				break
			}
			b.WriteString(keyText(key) + ": ")
			appendValueText(b, item, depth+1)
			n++
		}
		b.WriteByte('}')
	case error:
		b.WriteString(v.Error())
	default:
		b.WriteString(flow.Text(v))
	}
}

// quoted prints a text in quotes, as JSON does.
func quoted(s string) string {
	if len(s) > maxValueBytes {
		return flow.JSON(strings.ToValidUTF8(s[:maxValueBytes], "")) + "…"
	}
	return flow.JSON(s)
}

// keyText prints a property's name, in quotes where it needs them.
func keyText(key string) string {
	plain := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '$' && r != '-' && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z') && r < utf8.RuneSelf
	})
	if plain {
		return key
	}
	return flow.JSON(key)
}

// bufferText prints a Buffer: its size, and what is in it, as text if it is
// readable.
func bufferText(b flow.Buffer) string {
	shown, more := b, ""
	if len(b) > maxValueBytes {
		shown, more = b[:maxValueBytes], "…"
	}
	readable := utf8.Valid(shown) && !slices.ContainsFunc(shown, func(c byte) bool {
		return c < ' ' && c != '\r' && c != '\n' && c != '\t'
	})
	if readable {
		return fmt.Sprintf("Buffer(%d) %s%s", len(b), flow.JSON(string(shown)), more)
	}
	return fmt.Sprintf("Buffer(%d) % x%s", len(b), []byte(shown), more)
}
