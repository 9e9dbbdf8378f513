package file

import (
	"runtime"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/files"
	"golang.org/x/text/encoding"
)

// encodingOf returns the encoding that a message asks for, nil for UTF-8.
func encodingOf(msg *flow.Message) (encoding.Encoding, error) {
	name := msg.Get("encoding")
	if !flow.Truthy(name) {
		return nil, nil
	}
	enc, err := files.LookupEncoding(flow.Text(name))
	if err != nil {
		return nil, &flow.Error{Message: "Encoding not recognized: '" + flow.Text(name) + "'"}
	}
	return enc, nil
}

// isLastPart tells whether the message ends a sequence of text that was split.
func isLastPart(msg *flow.Message) bool {
	parts, ok := msg.Get("parts").(*flow.Object)
	return ok && parts.Get("type") == "string" &&
		flow.Number(parts.Get("count")) == flow.Number(parts.Get("index"))+1
}

// encode returns the bytes to write for a payload. A Buffer gets no newline.
// With an encoding it is taken for text in UTF-8, as in Node-RED.
func encode(payload flow.Value, newline bool, enc encoding.Encoding) ([]byte, error) {
	var text string
	switch v := payload.(type) {
	case flow.Buffer:
		if enc == nil {
			return v, nil
		}
		text, newline = flow.Text(v), false
	case string, bool, float64:
		text = flow.Text(v)
	default:
		text = flow.JSON(v)
	}
	if newline {
		text += lineEnd()
	}
	if enc == nil {
		return []byte(text), nil
	}
	return enc.NewEncoder().Bytes([]byte(text))
}

func lineEnd() string {
	if runtime.GOOS == "windows" {
		return "\r\n"
	}
	return "\n"
}
