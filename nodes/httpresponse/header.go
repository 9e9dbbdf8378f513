package httpresponse

import (
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
	"github.com/flowrun/flowrun/internal/hashsum"
	"github.com/flowrun/flowrun/internal/headers"
)

// header returns the headers of the node and the message, and its cookies.
func (n *Node) header(msg *flow.Message) (http.Header, error) {
	var header http.Header
	for name, v := range n.config.Headers.All() {
		if err := add(&header, name, v); err != nil {
			return nil, err
		}
	}
	if own, ok := msg.Get("headers").(*flow.Object); ok {
		if own, ok = hashsum.Changed(own); ok {
			for name, v := range own.All() {
				if _, there := n.config.Headers.Lookup(name); there {
					continue
				}
				if err := add(&header, name, v); err != nil {
					return nil, err
				}
			}
		}
	}
	if list, ok := msg.Get("cookies").(*flow.Object); ok {
		for name, v := range list.All() {
			line, err := cookies.Set(name, v, time.Now())
			if err != nil {
				return nil, err
			}
			header = ensure(header)
			header.Add("Set-Cookie", line)
		}
	}
	return header, nil
}

func ensure(h http.Header) http.Header {
	if h == nil {
		return http.Header{}
	}
	return h
}

// add sets a header as res.set of Express does. The length of the body is never
// taken from a flow: a wrong one would break the connection.
func add(h *http.Header, name string, v flow.Value) error {
	canonical := http.CanonicalHeaderKey(name)
	if canonical == "Content-Length" || canonical == "Transfer-Encoding" {
		return nil
	}
	values := []string{flow.Text(v)}
	if list, ok := v.(flow.Array); ok {
		if canonical == "Content-Type" {
			return &flow.Error{Name: "TypeError", Message: "Content-Type cannot be set to an Array"}
		}
		values = nil
		for _, item := range list {
			values = append(values, flow.Text(item))
		}
	}
	if !httpguts.ValidHeaderFieldName(name) {
		return typeError(headers.InvalidName(name))
	}
	for i, value := range values {
		encoded, ok := headers.Encode(value)
		if !ok {
			return typeError(headers.InvalidValue(name))
		}
		values[i] = encoded
	}
	if canonical == "Content-Type" {
		if values[0] == "" {
			return nil // the answer has the type of its payload
		}
		values[0] = withCharset(values[0])
	}
	*h = ensure(*h)
	(*h)[canonical] = values
	return nil
}

// typeError gives an error the name that it has in Node.js.
func typeError(e *flow.Error) error {
	e.Name = "TypeError [" + e.Code + "]"
	return e
}

// hasCharset and ofText are what res.set of Express looks for in a type.
var (
	hasCharset = regexp.MustCompile(`;\s*charset\s*=`)
	ofText     = regexp.MustCompile(`^text/|^application/(javascript|json)`)
)

// withCharset adds the charset to types of text that have none.
func withCharset(typ string) string {
	if ofText.MatchString(typ) && !hasCharset.MatchString(typ) {
		typ += "; charset=utf-8"
	}
	return typ
}

// inUTF8 makes UTF-8 the charset of a type, whatever it was: text is sent so.
func inUTF8(typ string) (string, error) {
	name, params, err := mime.ParseMediaType(typ)
	if err != nil || !strings.Contains(name, "/") {
		return "", &flow.Error{Name: "TypeError", Message: "invalid media type"}
	}
	params["charset"] = "utf-8"
	return mime.FormatMediaType(name, params), nil
}
