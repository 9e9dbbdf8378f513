package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/goccy/go-json"
)

// AppendJSON appends v as JSON.stringify prints it: key order kept, Buffers as
// {"type":"Buffer","data":[…]}, dates as ISO text, NaN and infinities as null,
// undefined left out of objects and null in arrays. Opaque values that know
// their JSON (json.Marshaler) print it, others print {}.
func AppendJSON(b []byte, v Value) []byte {
	switch v := read(v).(type) {
	case nil, Null:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(b, "null"...)
		}
		return AppendNumber(b, v)
	case string:
		return appendString(b, v)
	case Date:
		if math.IsNaN(float64(v)) {
			return append(b, "null"...)
		}
		return appendString(b, v.String())
	case Buffer:
		b = append(b, `{"type":"Buffer","data":[`...)
		for i, c := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, uint64(c), 10)
		}
		return append(b, "]}"...)
	case Array:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSON(b, item)
		}
		return append(b, ']')
	case *Object:
		return appendObject(b, v)
	case *Message:
		return appendObject(b, v.root)
	case json.Marshaler:
		text, err := v.MarshalJSON()
		if err != nil {
			return append(b, "{}"...)
		}
		return append(b, text...)
	}
	return append(b, "{}"...)
}

func appendObject(b []byte, o *Object) []byte {
	b = append(b, '{')
	first := true
	for i := range o.entries {
		e := &o.entries[i]
		if e.value == nil {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, e.key)
		b = append(b, ':')
		b = AppendJSON(b, e.value)
	}
	return append(b, '}')
}

// MarshalJSON prints the object as [AppendJSON] does.
func (o *Object) MarshalJSON() ([]byte, error) { return AppendJSON(nil, o), nil }

// MarshalJSON prints the message as [AppendJSON] does.
func (m *Message) MarshalJSON() ([]byte, error) { return AppendJSON(nil, m), nil }

// JSON returns v as JSON text; see [AppendJSON].
func JSON(v Value) string { return string(AppendJSON(nil, v)) }

// AppendNumber appends f as Number.prototype.toString prints it.
func AppendNumber(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	case f == 0:
		return append(b, '0') // minus zero too
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// JavaScript writes 1e-7 where Go writes 1e-07.
	if n := len(b); b[n-2] == '0' && (b[n-3] == '-' || b[n-3] == '+') {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

func appendString(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(b, s[start:i]...)
				b = append(b, "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// SyntaxError says where JSON text is not JSON.
type SyntaxError struct {
	Offset int // byte offset near the fault
	Err    error
}

func (e *SyntaxError) Error() string { return e.Err.Error() }
func (e *SyntaxError) Unwrap() error { return e.Err }

// maxDepth bounds how deeply JSON text may nest; Node.js gives up at some
// thousands too.
const maxDepth = 10_000

// ParseJSON reads one JSON text as JSON.parse does: key order is kept, the last
// of equal keys wins, numbers too large become infinite. {"type":"Buffer",…}
// stays an object. The error is a *SyntaxError.
func ParseJSON(text []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err == nil {
		if _, extra := d.Token(); !errors.Is(extra, io.EOF) {
			err = fmt.Errorf("more text after the end of the JSON value")
		}
	}
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, &SyntaxError{Offset: int(d.InputOffset()), Err: err}
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (Value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	return decodeFrom(d, t, depth)
}

func decodeFrom(d *json.Decoder, t json.Token, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested more than %d levels deep", maxDepth)
	}
	switch t := t.(type) {
	case nil:
		return Null{}, nil
	case bool:
		return t, nil
	case string:
		return t, nil
	case float64:
		return t, nil
	case json.Number:
		f, err := strconv.ParseFloat(string(t), 64)
		if err != nil && !math.IsInf(f, 0) {
			return nil, fmt.Errorf("invalid number %s", t)
		}
		return f, nil
	case json.Delim:
		if t == '[' {
			return decodeArray(d, depth)
		}
		if t == '{' {
			return decodeObject(d, depth)
		}
	}
	return nil, fmt.Errorf("unexpected %v", t)
}

func decodeArray(d *json.Decoder, depth int) (Value, error) {
	list := Array{}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		if t == json.Delim(']') {
			return list, nil
		}
		v, err := decodeFrom(d, t, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

func decodeObject(d *json.Decoder, depth int) (Value, error) {
	o := &Object{}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		if t == json.Delim('}') {
			return o, nil
		}
		key, ok := t.(string)
		if !ok {
			return nil, fmt.Errorf("unexpected %v instead of a key", t)
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.Set(key, v)
	}
}
