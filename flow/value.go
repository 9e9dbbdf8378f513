package flow

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Value is one value of a message; the package comment lists the types.
type Value = any

// Null is the null of JavaScript and JSON; undefined is a nil [Value].
type Null struct{}

// Buffer holds bytes. They are shared between the branches of a flow: read
// them, never write into them.
type Buffer []byte

// Array is a list of values; a hole is a nil (undefined).
type Array []Value

// Date is a moment in milliseconds since 1970-01-01 UTC, NaN if it is invalid.
type Date float64

// Time returns the moment as a time.Time in UTC.
func (d Date) Time() time.Time { return time.UnixMilli(int64(d)).UTC() }

// String returns the moment as Date.prototype.toISOString prints it.
func (d Date) String() string {
	if math.IsNaN(float64(d)) {
		return "Invalid Date"
	}
	return formatISO(d.Time())
}

func formatISO(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// isoTime and hexID are strings that are formatted when somebody reads them:
// most messages pass through a flow without anyone looking at these two.
type (
	isoTime int64  // Unix milliseconds
	hexID   uint64 // prints as 16 hex digits
)

// Timestamp returns t as ISO 8601 text in UTC with milliseconds; the text is
// made when it is read.
func Timestamp(t time.Time) Value { return isoTime(t.UnixMilli()) }

// NewID returns a random message id of 16 hex digits, Node-RED's generateId.
func NewID() Value { return hexID(rand.Uint64()) }

// Lazy is a value that is made when somebody reads it: what costs something and most
// flows do not look at. It may be read more than once and on any goroutine, so Read
// must give the same each time and touch nothing that is changed meanwhile.
type Lazy interface{ Read() Value }

// read turns the lazy values into what they stand for.
func read(v Value) Value {
	switch v := v.(type) {
	case nil, string, float64, bool, *Object, Array, Buffer: // which most are
		return v
	case isoTime:
		return formatISO(time.UnixMilli(int64(v)))
	case hexID:
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(v))
		return hex.EncodeToString(b[:])
	case Lazy:
		return read(v.Read())
	}
	return v
}

// Truthy tells whether JavaScript takes v for true.
func Truthy(v Value) bool {
	switch v := v.(type) {
	case nil, Null:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
}

// TypeName returns the JavaScript name of v's type: undefined, null, boolean,
// number, string, Buffer, Array, Date or object.
func TypeName(v Value) string {
	switch v := v.(type) {
	case nil:
		return "undefined"
	case Null:
		return "null"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string, isoTime, hexID:
		return "string"
	case Buffer:
		return "Buffer"
	case Array:
		return "Array"
	case Date:
		return "Date"
	case Lazy:
		return TypeName(read(v))
	}
	return "object"
}

// Text returns what String(v) gives in JavaScript.
func Text(v Value) string {
	switch v := read(v).(type) {
	case nil:
		return "undefined"
	case Null:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return string(AppendNumber(nil, v))
	case string:
		return v
	case Buffer:
		return DecodeUTF8(v)
	case Date:
		return v.String()
	case Array:
		parts := make([]string, len(v))
		for i, item := range v {
			switch item.(type) {
			case nil, Null:
			default:
				parts[i] = Text(item)
			}
		}
		return strings.Join(parts, ",")
	case error:
		return v.Error()
	}
	return "[object Object]"
}

// Number returns what Number(v) gives in JavaScript; NaN where v is no number.
func Number(v Value) float64 {
	switch v := read(v).(type) {
	case Null:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		return parseNumber(v)
	case Date:
		return float64(v)
	case Array:
		return parseNumber(Text(v))
	}
	return math.NaN()
}

// parseNumber follows StringToNumber of ECMA-262 7.1.4.1.
func parseNumber(s string) float64 {
	s = TrimSpace(s)
	if s == "" {
		return 0
	}
	if len(s) > 2 && s[0] == '0' {
		base := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'O': 8, 'b': 2, 'B': 2}[s[1]]
		if base != 0 {
			if n, err := strconv.ParseUint(s[2:], base, 64); err == nil && s[2] != '+' && s[2] != '_' {
				return float64(n)
			}
			return math.NaN()
		}
	}
	switch strings.TrimLeft(s, "+-") {
	case "Infinity":
		if n, err := strconv.ParseFloat(s, 64); err == nil {
			return n
		}
		return math.NaN()
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			return math.NaN()
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

// TrimSpace cuts what String.prototype.trim cuts: White_Space, line ends and
// the byte order mark.
func TrimSpace(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		switch {
		case r <= ' ':
			return r == ' ' || (r >= '\t' && r <= '\r')
		case r == 0xA0, r == 0x1680, r >= 0x2000 && r <= 0x200A, r == 0x2028, r == 0x2029,
			r == 0x202F, r == 0x205F, r == 0x3000, r == 0xFEFF:
			return true
		}
		return false
	})
}

// Equal compares as Node-RED's compareObjects does: objects by their keys in
// any order, arrays by index, Buffers by content, NaN is not NaN.
func Equal(a, b Value) bool {
	switch a := read(a).(type) {
	case nil:
		return b == nil
	case Null:
		_, ok := b.(Null)
		return ok
	case bool, float64, string:
		return a == read(b)
	case Buffer:
		b, ok := b.(Buffer)
		return ok && string(a) == string(b)
	case Date:
		_, ok := b.(Date) // Node-RED compares own keys, and a Date has none
		return ok
	case Array:
		b, ok := b.(Array)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !Equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for k, v := range a.All() {
			w, ok := b.Lookup(k)
			if !ok || !Equal(v, w) {
				return false
			}
		}
		return true
	}
	return false
}

// UTF16Len returns the length of s as JavaScript counts it, in UTF-16 units.
func UTF16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// DecodeUTF8 turns bytes into text. Each invalid sequence becomes one U+FFFD
// per maximal subpart, as the WHATWG Encoding Standard says and Node.js does.
func DecodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	out.Grow(len(b) + 8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out.WriteRune(utf8.RuneError)
			n = maximalSubpart(b)
		} else {
			out.Write(b[:n])
		}
		b = b[n:]
	}
	return out.String()
}

// maximalSubpart returns how many bytes of the invalid sequence at the start of
// b belong to one replacement character (Unicode 16, table 3-7).
func maximalSubpart(b []byte) int {
	lo, hi := byte(0x80), byte(0xBF)
	need := 0
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 1
	case c >= 0xE0 && c <= 0xEF:
		need = 2
		switch c {
		case 0xE0:
			lo = 0xA0
		case 0xED:
			hi = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 3
		switch c {
		case 0xF0:
			lo = 0x90
		case 0xF4:
			hi = 0x8F
		}
	}
	n := 1
	for ; n <= need && n < len(b) && b[n] >= lo && b[n] <= hi; n++ {
		lo, hi = 0x80, 0xBF
	}
	return n
}
