package flow

import (
	"fmt"
	"strconv"
	"strings"
)

// Path is a property expression as Node-RED writes them: a.b["c d"][0],
// payload[msg.topic].
type Path []Step

// Step is one part of a [Path]: a key, an index, or a nested path whose value
// in the message is the key.
type Step struct {
	Key    string
	Index  int
	Nested Path // set: the key is looked up in the message
	IsKey  bool // Key counts, not Index
}

// PathError says why an expression is no property path. Its code is
// INVALID_EXPR, as in Node-RED.
type PathError struct {
	Expr   string
	Offset int // in bytes
	Reason string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("invalid property expression %q: %s at position %d", e.Expr, e.Reason, e.Offset)
}

// MissingParentError says that a path leads through a value that is not there.
// The text is that of JavaScript's TypeError.
type MissingParentError struct {
	Key    string
	Parent Value
}

func (e *MissingParentError) Error() string {
	return fmt.Sprintf("TypeError: Cannot read properties of %s (reading '%s')", TypeName(e.Parent), e.Key)
}

// ParsePath reads a property expression (Node-RED's
// normalisePropertyExpression). The error is a *PathError.
func ParsePath(expr string) (Path, error) {
	p := pathParser{text: expr}
	path, err := p.parse(false)
	if err != nil {
		return nil, err
	}
	return path, nil
}

// ParseMessagePath reads a property expression of a message: a leading "msg."
// is cut.
func ParseMessagePath(expr string) (Path, error) {
	return ParsePath(strings.TrimPrefix(expr, "msg."))
}

type pathParser struct {
	text string
	pos  int
}

func (p *pathParser) fail(reason string) error {
	return &PathError{Expr: p.text, Offset: p.pos, Reason: reason}
}

// parse reads up to the end, or to the bracket that closes a nested path.
func (p *pathParser) parse(nested bool) (Path, error) {
	var path Path
	wantKey := true // at the start and after a dot
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == ']' && nested:
			if wantKey {
				return nil, p.fail("unexpected ]")
			}
			return path, nil
		case c == '.':
			if wantKey {
				return nil, p.fail("unexpected .")
			}
			p.pos++
			wantKey = true
		case c == '[':
			if wantKey && len(path) > 0 {
				return nil, p.fail("unexpected [")
			}
			step, err := p.bracket()
			if err != nil {
				return nil, err
			}
			path = append(path, step)
			wantKey = false
		case !wantKey:
			return nil, p.fail(fmt.Sprintf("unexpected %q", c))
		default:
			step, err := p.name()
			if err != nil {
				return nil, err
			}
			path = append(path, step)
			wantKey = false
		}
	}
	switch {
	case nested:
		return nil, p.fail("unterminated bracket")
	case wantKey:
		return nil, p.fail("unexpected end")
	}
	return path, nil
}

// name reads a bare key; one of digits only is an index.
func (p *pathParser) name() (Step, error) {
	start := p.pos
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; c {
		case '.', '[', ']':
			if c == ']' && start == p.pos {
				return Step{}, p.fail("unexpected ]")
			}
			return keyOrIndex(p.text[start:p.pos]), nil
		case ' ', '\t', '\n', '\r', '"', '\'':
			return Step{}, p.fail(fmt.Sprintf("unexpected %q", c))
		}
		p.pos++
	}
	return keyOrIndex(p.text[start:]), nil
}

func keyOrIndex(name string) Step {
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && name[0] != '+' && name[0] != '-' {
		return Step{Index: n, Key: name}
	}
	return Step{Key: name, IsKey: true}
}

// bracket reads ["key"], ['key'], [12] or [msg.path].
func (p *pathParser) bracket() (Step, error) {
	p.pos++
	if p.pos >= len(p.text) {
		return Step{}, p.fail("unterminated bracket")
	}
	var step Step
	switch c := p.text[p.pos]; {
	case c == '"' || c == '\'':
		p.pos++
		end := strings.IndexByte(p.text[p.pos:], c)
		if end < 0 {
			return Step{}, p.fail("unterminated quote")
		}
		if end == 0 {
			return Step{}, p.fail("empty key")
		}
		step = Step{Key: p.text[p.pos : p.pos+end], IsKey: true}
		p.pos += end + 1
	case c >= '0' && c <= '9':
		start := p.pos
		for p.pos < len(p.text) && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' {
			p.pos++
		}
		n, err := strconv.Atoi(p.text[start:p.pos])
		if err != nil {
			return Step{}, p.fail("index too large")
		}
		step = Step{Index: n, Key: p.text[start:p.pos]}
	case strings.HasPrefix(p.text[p.pos:], "msg.") || strings.HasPrefix(p.text[p.pos:], "msg["):
		p.pos += len("msg")
		if p.text[p.pos] == '.' {
			p.pos++
		}
		nested, err := p.parse(true)
		if err != nil {
			return Step{}, err
		}
		step = Step{Nested: nested}
	default:
		return Step{}, p.fail(fmt.Sprintf("unexpected %q", c))
	}
	if p.pos >= len(p.text) || p.text[p.pos] != ']' {
		return Step{}, p.fail("expected ]")
	}
	p.pos++
	return step, nil
}

// String returns the path in one normal form: ["key"] for what is no plain
// name.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.Nested != nil:
			b.WriteString("[msg" + nestedPrefix(s.Nested) + s.Nested.String() + "]")
		case !s.IsKey:
			b.WriteString("[" + s.Key + "]")
		case strings.ContainsAny(s.Key, ".[] \t\r\n\"'") || keyOrIndex(s.Key).IsKey != s.IsKey:
			quote := `"`
			if strings.Contains(s.Key, quote) {
				quote = "'"
			}
			b.WriteString("[" + quote + s.Key + quote + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Key)
		}
	}
	return b.String()
}

func nestedPrefix(p Path) string {
	if s := p.String(); s != "" && s[0] == '[' {
		return ""
	}
	return "."
}

// Resolve replaces the nested parts by their values in the message.
func (p Path) Resolve(m *Message) (Path, error) {
	for i := range p {
		if p[i].Nested == nil {
			continue
		}
		out := append(Path(nil), p[:i]...)
		for _, s := range p[i:] {
			if s.Nested != nil {
				v, err := s.Nested.In(m)
				if err != nil {
					return nil, err
				}
				if v == nil {
					return nil, &PathError{Expr: p.String(), Reason: "undefined nested property msg." + s.Nested.String()}
				}
				s = keyOrIndex(Text(v))
				if _, isText := v.(string); isText {
					s.IsKey = true
				}
			}
			out = append(out, s)
		}
		return out, nil
	}
	return p, nil
}

// In returns the property of the message the path leads to, undefined if its
// last part is not there. A missing parent is a *MissingParentError.
func (p Path) In(m *Message) (Value, error) {
	p, err := p.Resolve(m)
	if err != nil {
		return nil, err
	}
	return p.Of(m.root)
}

// Of returns what the path leads to from v on. Nested parts must be resolved.
func (p Path) Of(v Value) (Value, error) {
	for _, s := range p {
		switch v.(type) {
		case nil, Null:
			return nil, &MissingParentError{Key: s.Key, Parent: v}
		}
		v = s.of(v)
	}
	return v, nil
}

// of returns one property as JavaScript's v[key] does.
func (s Step) of(v Value) Value {
	switch v := v.(type) {
	case *Object:
		return v.Get(s.Key)
	case Array:
		if s.Key == "length" {
			return float64(len(v))
		}
		if i, ok := s.index(); ok && i < len(v) {
			return read(v[i])
		}
	case Buffer:
		if s.Key == "length" {
			return float64(len(v))
		}
		if i, ok := s.index(); ok && i < len(v) {
			return float64(v[i])
		}
	case string:
		if s.Key == "length" {
			return float64(UTF16Len(v))
		}
		if i, ok := s.index(); ok {
			for _, r := range v {
				if i == 0 {
					return string(r)
				}
				i--
			}
		}
	case *Error:
		return v.property(s.Key)
	}
	return nil
}

// property returns a property as JavaScript's errors have it.
func (e *Error) property(key string) Value {
	switch key {
	case "name":
		if e.Name == "" {
			return "Error"
		}
		return e.Name
	case "message":
		return e.Message
	case "stack":
		return e.Stack
	case "code":
		if e.Code != "" {
			return e.Code
		}
	case "cause":
		return e.Cause
	}
	return nil
}

func (s Step) index() (int, bool) {
	if !s.IsKey {
		return s.Index, true
	}
	n, ok := arrayIndex(s.Key)
	return int(n), ok
}

// Path returns the property that expr names. See [ParseMessagePath] and
// [Path.In] for the errors.
func (m *Message) Path(expr string) (Value, error) {
	p, err := ParseMessagePath(expr)
	if err != nil {
		return nil, err
	}
	return p.In(m)
}
