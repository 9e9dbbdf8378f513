package jsonata

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
)

// Error is what goes wrong when an expression is compiled or evaluated. Codes
// and messages are those of the reference implementation: S0… is an error of
// syntax, T… one of types, D… one of values. D2016 is
// our own: an evaluation that builds too much ([MaxMemory]).
type Error struct {
	Code     string
	Position int        // where in the expression, in UTF-16 units; the end of the token
	Token    string     // the operator, function or token concerned, if any
	Value    flow.Value // the value concerned, if any
	Message  string

	number bool // Token is a number: messages print it without quotes
	extra  map[string]flow.Value
	cause  error
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the context's error, if that ended the evaluation.
func (e *Error) Unwrap() error { return e.cause }

func newError(code string, value flow.Value) *Error {
	return &Error{Code: code, Value: plain(value)}
}

// at gives the error its place, unless it has one.
func (e *Error) at(position int, token string) *Error {
	if e.Position == 0 {
		e.Position = position
	}
	if e.Token == "" {
		e.Token = token
	}
	return e
}

// tooLong says that a string is longer than strings may be.
func tooLong() *Error { return newError("D2016", float64(maxText)) }

// with adds a field that the message of the code mentions.
func (e *Error) with(field string, v flow.Value) *Error {
	if e.extra == nil {
		e.extra = map[string]flow.Value{}
	}
	e.extra[field] = plain(v)
	return e
}

// finish makes the message, and turns the position from bytes of the source to
// UTF-16 units.
func (e *Error) finish(source string) *Error {
	if e.Message != "" {
		return e
	}
	if e.Position > 0 && e.Position <= len(source) {
		e.Position = flow.UTF16Len(source[:e.Position])
	}
	e.Message = e.expand(messages[e.Code])
	return e
}

// expand fills a message: {{x}} is a field as JSON, {{{x}}} as plain text.
func (e *Error) expand(template string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if raw, ok := strings.CutPrefix(rest, "{"); ok {
			name, after, _ := strings.Cut(raw, "}}}")
			out.WriteString(flow.Text(e.field(name)))
			template = after
			continue
		}
		name, after, _ := strings.Cut(rest, "}}")
		v := e.field(name)
		switch {
		case v == nil:
			out.WriteString("undefined")
		case name == "token" && e.number:
			out.WriteString(e.Token)
		default:
			out.Write(appendJSON(nil, v))
		}
		template = after
	}
}

func (e *Error) field(name string) flow.Value {
	switch name {
	case "token":
		if e.Token == "" {
			return nil
		}
		return e.Token
	case "value":
		return e.Value
	}
	return e.extra[name]
}

// appendJSON appends v for a message; what is too deep or too long is cut.
func appendJSON(b []byte, v flow.Value) []byte {
	visits := 0
	if !checkDepth(v, 0, func(depth int) bool { visits++; return visits < maxMessage && depth < maxMessage }) {
		return append(b, "..."...)
	}
	start := len(b)
	b = flow.AppendJSON(b, v)
	if len(b)-start <= maxMessage {
		return b
	}
	cut := start + maxMessage
	for cut > start && !utf8.RuneStart(b[cut]) {
		cut--
	}
	return append(b[:cut], "..."...)
}

// maxMessage bounds the text of one value in a message, in bytes.
const maxMessage = 4096

// finite reports D1001 for infinities: they are no JSON numbers.
func finite(v float64) *Error {
	if math.IsInf(v, 0) {
		return newError("D1001", v)
	}
	return nil
}
