package framing

import (
	"bytes"
	"errors"

	"golang.org/x/text/encoding"

	"github.com/flowrun/flowrun/flow"
)

// format is one way to cut a stream into frames.
type format interface {
	// scanner returns what scans a stream whose frames have at most limit bytes.
	scanner(limit int) scanner
	// encode appends the frame of a payload, and nothing if there is none of it.
	encode(dst, payload []byte) ([]byte, error)
}

// Framing says how the streams of a node are cut into frames and what the frames
// are. It is safe for concurrent use.
type Framing struct {
	format format
	limit  int
	values values
	text   encoding.Encoding // of line mode, where it is not UTF-8

	// Skip says that a frame that is too long or wrong is skipped. Else the
	// connection is to be closed.
	Skip bool
}

// Framer returns a framer for a stream.
func (f *Framing) Framer() *Framer {
	framer := &Framer{scanner: f.format.scanner(f.limit), limit: f.limit}
	if f.text != nil {
		framer.text = &decoder{transformer: f.text.NewDecoder().Transformer}
	}
	return framer
}

// Value returns the value of a payload, which is no longer needed then. The
// error is an *[Error].
func (f *Framing) Value(payload []byte) (flow.Value, error) { return f.values.of(payload) }

// TakesAny tells whether each value is a payload, lists included: it is JSON.
// Else Append wants text and Buffers.
func (f *Framing) TakesAny() bool {
	_, isJSON := f.values.(jsonPayloads)
	return isJSON
}

// IsPlain tells whether text and Buffers are sent as they are: these are lines in
// UTF-8.
func (f *Framing) IsPlain() bool {
	_, isLine := f.format.(lines)
	return isLine && f.text == nil
}

// Lines returns the framing of lines in UTF-8 with the default limit.
func Lines() *Framing {
	return &Framing{format: lines{}, values: utf8Texts{}, limit: defaultMaxFrame}
}

// Limit returns maxFrame, in bytes.
func (f *Framing) Limit() int { return f.limit }

// ErrNoPayload says that a value is neither text nor a Buffer.
var ErrNoPayload = errors.New("payload items must be string or Buffer")

// Append appends the frame of a value. For one that has no frame nothing is
// appended; the error says why, in a sentence about the payload.
func (f *Framing) Append(dst []byte, v flow.Value) ([]byte, error) {
	payload, err := f.values.bytes(v)
	if err != nil {
		return dst, err
	}
	return f.format.encode(dst, payload)
}

func errPayload(problem string) error { return errors.New("payload " + problem) }

// values is what payloads are in messages.
type values interface {
	of(payload []byte) (flow.Value, error)
	bytes(flow.Value) ([]byte, error)
}

// buffers are payloads as they come.
type buffers struct{}

func (buffers) of(payload []byte) (flow.Value, error) { return flow.Buffer(bytes.Clone(payload)), nil }

func (buffers) bytes(v flow.Value) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case flow.Buffer:
		return v, nil
	}
	return nil, ErrNoPayload
}

// texts are payloads in a character set.
type texts struct{ encoding.Encoding }

func (t texts) of(payload []byte) (flow.Value, error) {
	text, err := t.NewDecoder().Bytes(payload)
	return string(text), err
}

func (t texts) bytes(v flow.Value) ([]byte, error) {
	if text, ok := v.(string); ok {
		return t.NewEncoder().Bytes([]byte(text))
	}
	return buffers{}.bytes(v)
}

// lineTexts are lines in a character set, which the [Framer] has made UTF-8 of.
type lineTexts struct{ texts }

func (lineTexts) of(payload []byte) (flow.Value, error) { return flow.DecodeUTF8(payload), nil }

// utf8Texts are payloads in UTF-8; a byte order mark is text like any other.
type utf8Texts struct{ buffers }

func (utf8Texts) of(payload []byte) (flow.Value, error) { return flow.DecodeUTF8(payload), nil }

// jsonPayloads are JSON values.
type jsonPayloads struct{}

func (jsonPayloads) of(payload []byte) (flow.Value, error) {
	v, err := flow.ParseJSON(payload)
	if err != nil {
		bad := invalid("a frame is no JSON: %v", err)
		bad.Frame = bytes.Clone(payload)
		return nil, bad
	}
	return v, nil
}

func (jsonPayloads) bytes(v flow.Value) ([]byte, error) {
	if v == nil {
		return nil, errPayload("is undefined, which JSON has no text for")
	}
	return flow.AppendJSON(nil, v), nil
}
