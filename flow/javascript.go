package flow

import (
	"math"
	"regexp"
	"strconv"
)

// Typeof returns what typeof v gives in JavaScript, where [TypeName] is more
// exact: null, lists, Buffers and dates are objects.
func Typeof(v Value) string {
	switch name := TypeName(v); name {
	case "null", "Buffer", "Array", "Date":
		return "object"
	default:
		return name
	}
}

// IsNullish tells whether v is undefined or null.
func IsNullish(v Value) bool {
	_, isNull := v.(Null)
	return v == nil || isNull
}

// floatPrefix is what parseFloat reads of a text (StrDecimalLiteral of
// ECMA-262).
var floatPrefix = regexp.MustCompile(`^[+-]?(Infinity|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)`)

// ParseFloat returns what parseFloat(text) gives in JavaScript: the number that
// the text starts with, NaN if there is none.
func ParseFloat(text string) float64 {
	number := floatPrefix.FindString(TrimSpace(text))
	if number == "" {
		return math.NaN()
	}
	x, _ := strconv.ParseFloat(number, 64) // out of range is infinity
	return x
}

// BufferOf returns a Buffer of a list of numbers, as Buffer.from of Node.js
// does: of each number the lowest byte, 0 for what is none.
func BufferOf(list Array) Buffer {
	b := make(Buffer, len(list))
	for i, item := range list {
		if n := Number(item); n == n {
			b[i] = byte(int64(n))
		}
	}
	return b
}
