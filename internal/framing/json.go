package framing

import "bytes"

// jsonLines are JSON values, one a line. Empty lines are none.
type jsonLines struct{}

func (jsonLines) scanner(int) scanner { return jsonLineScanner{} }

func (jsonLines) encode(dst, payload []byte) ([]byte, error) {
	if bytes.IndexByte(payload, '\n') >= 0 {
		return dst, errPayload("contains a line end")
	}
	return append(append(dst, payload...), '\n'), nil
}

type jsonLineScanner struct{}

func (jsonLineScanner) begin(b []byte) int { return spaceBefore(b) }

func (jsonLineScanner) scan(b []byte) (n int, done bool, _ *Error) {
	n, done, _ = endedBy(b, '\n')
	return n, done || len(b) == 0, nil
}

func (jsonLineScanner) open(frame []byte) ([]byte, *Error) {
	return bytes.TrimRight(frame, "\r\n"), nil
}

// recordSeparator may stand in front of a value (RFC 7464, JSON text sequences).
const recordSeparator = 0x1E

// spaceBefore returns how many bytes of b come before a JSON value.
func spaceBefore(b []byte) int {
	for i, c := range b {
		if !isJSONSpace(c) {
			return i
		}
	}
	return len(b)
}

func isJSONSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == recordSeparator
}

// jsonValues are JSON values one after the other, with or without space between
// them.
type jsonValues struct{}

func (jsonValues) scanner(int) scanner { return &jsonScanner{} }

// encode ends the value with a line, so that two numbers do not become one.
func (jsonValues) encode(dst, payload []byte) ([]byte, error) {
	return append(append(dst, payload...), '\n'), nil
}

// jsonScanner finds out where a value ends, and leaves it to who reads it to
// say whether it is one.
type jsonScanner struct {
	kind    byte // what the value begins with; 0: it has not begun
	depth   int  // open objects and lists
	text    bool // inside of a string
	literal bool // after a backslash in it
}

func (*jsonScanner) begin(b []byte) int { return spaceBefore(b) }

func (j *jsonScanner) scan(b []byte) (n int, done bool, bad *Error) {
	if len(b) == 0 {
		return 0, j.isScalar(), nil
	}
	for i, c := range b {
		begins := j.kind == 0
		if begins {
			j.kind = c
		}
		switch {
		case j.text:
			j.inText(c)
		case j.isScalar() && !begins && !isScalarByte(c):
			*j = jsonScanner{}
			return i, true, nil
		case c == '"':
			j.text = true
		case c == '{' || c == '[':
			j.depth++
		case c == '}' || c == ']':
			j.depth--
		}
		switch {
		case j.depth < 0, begins && (c == ',' || c == ':'):
			*j = jsonScanner{}
			return i + 1, true, fatal("no JSON value begins with %q", c)
		case j.depth == 0 && !j.text && !j.isScalar():
			*j = jsonScanner{}
			return i + 1, true, nil
		}
	}
	return len(b), false, nil
}

func (j *jsonScanner) inText(c byte) {
	switch {
	case j.literal:
		j.literal = false
	case c == '\\':
		j.literal = true
	case c == '"':
		j.text = false
	}
}

// isScalar tells whether the value is none that shows its end: a number, true,
// false or null.
func (j *jsonScanner) isScalar() bool {
	return j.kind != '{' && j.kind != '[' && j.kind != '"'
}

// isScalarByte tells whether a byte may go on with such a value.
func isScalarByte(c byte) bool {
	return !isJSONSpace(c) && bytes.IndexByte([]byte(`{}[]",:`), c) < 0
}

func (*jsonScanner) open(frame []byte) ([]byte, *Error) { return frame, nil }
