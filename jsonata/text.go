package jsonata

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// appendText appends v to the text being built as $string makes text of it.
func (r *run) appendText(v any) error {
	switch v := v.(type) {
	case nil, *Function:
		return nil
	case string:
		if len(r.text)+len(v) > maxText {
			return tooLong()
		}
		r.text = append(r.text, v...)
		return nil
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return newError("D3001", v)
		}
		r.text = appendNumber(r.text, v)
		return nil
	case bool:
		r.text = strconv.AppendBool(r.text, v)
		return nil
	}
	return r.appendJSON(v, false)
}

func (r *run) appendJSON(v any, pretty bool) error {
	w := jsonWriter{buf: r.text, run: r, pretty: pretty}
	err := w.value(v, 0)
	r.text = w.buf
	return err
}

// takeText returns the text from base on and cuts it off.
func (r *run) takeText(base int) (any, error) {
	s := string(r.text[base:])
	r.text = r.text[:base]
	if cap(r.text) > keptText && base == 0 {
		r.text = nil
	}
	if err := r.grow(len(s)); err != nil {
		return nil, err
	}
	return s, nil
}

const (
	maxText  = 64 << 20 // the longest string that an expression may build, in bytes
	keptText = 1 << 20
)

// appendNumber appends f with at most 15 significant digits.
func appendNumber(b []byte, f float64) []byte {
	if f == math.Trunc(f) {
		if f > -1e15 && f < 1e15 {
			return strconv.AppendInt(b, int64(f), 10)
		}
		return flow.AppendNumber(b, f)
	}
	base := len(b)
	b = flow.AppendNumber(b, f)
	if digits(b[base:]) <= 15 {
		return b
	}
	var space [32]byte
	rounded, err := strconv.ParseFloat(string(strconv.AppendFloat(space[:0], f, 'e', 14, 64)), 64)
	if err != nil {
		return b
	}
	return flow.AppendNumber(b[:base], rounded)
}

// digits counts the significant digits of a number's text.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		switch {
		case c == 'e':
			return n
		case c > '0' && c <= '9' || c == '0' && n > 0:
			n++
		}
	}
	return n
}

// jsonWriter writes values as $string does: numbers with 15 digits, functions
// as empty strings, undefined properties left out.
type jsonWriter struct {
	buf    []byte
	run    *run // for the limits; may be nil
	pretty bool
}

func (w *jsonWriter) value(v any, depth int) error {
	if depth > maxDataDepth {
		return newError("D1011", nil)
	}
	if len(w.buf) > maxText {
		return tooLong()
	}
	if w.run != nil {
		if err := w.run.tick(); err != nil {
			return err
		}
	}
	switch v := v.(type) {
	case string:
		w.quote(v)
	case float64:
		switch {
		case math.IsInf(v, 0):
			return newError("D1001", v)
		case math.IsNaN(v):
			w.buf = append(w.buf, "null"...)
		default:
			w.buf = appendNumber(w.buf, v)
		}
	case *Function:
		w.buf = append(w.buf, `""`...)
	case *array:
		if v.outer {
			return w.value(v.items[0], depth)
		}
		return w.array(v.items, depth)
	case flow.Array:
		return w.array(v, depth)
	case *flow.Object:
		return w.object(v, depth)
	case *flow.Message:
		return w.object(v.Object(), depth)
	case flow.Buffer:
		o := flow.NewObject("type", "Buffer")
		bytes := make(flow.Array, len(v))
		for i, b := range v {
			bytes[i] = float64(b)
		}
		o.Set("data", bytes)
		return w.object(o, depth)
	default:
		w.buf = flow.AppendJSON(w.buf, v)
	}
	return nil
}

func (w *jsonWriter) array(items []any, depth int) error {
	w.buf = append(w.buf, '[')
	for i, item := range items {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.newline(depth + 1)
		if err := w.value(item, depth+1); err != nil {
			return err
		}
	}
	if len(items) > 0 {
		w.newline(depth)
	}
	w.buf = append(w.buf, ']')
	return nil
}

func (w *jsonWriter) object(o *flow.Object, depth int) error {
	w.buf = append(w.buf, '{')
	first := true
	for k, v := range o.All() {
		if v == nil {
			continue
		}
		if !first {
			w.buf = append(w.buf, ',')
		}
		first = false
		w.newline(depth + 1)
		w.quote(k)
		w.buf = append(w.buf, ':')
		if w.pretty {
			w.buf = append(w.buf, ' ')
		}
		if err := w.value(v, depth+1); err != nil {
			return err
		}
	}
	if !first {
		w.newline(depth)
	}
	w.buf = append(w.buf, '}')
	return nil
}

func (w *jsonWriter) newline(depth int) {
	if !w.pretty {
		return
	}
	w.buf = append(w.buf, '\n')
	for range depth {
		w.buf = append(w.buf, "  "...)
	}
}

func (w *jsonWriter) quote(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			w.buf = flow.AppendJSON(w.buf, s)
			return
		}
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '"')
}
