package httprequest

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/qs"
)

// fillBody makes the body of a request of the payload; a GET has its properties
// in the URL, if the node says so.
func (n *Node) fillBody(r *request, h *fields, msg *flow.Message) error {
	payload := msg.Get("payload")
	if payload == nil {
		return nil
	}
	if r.method == http.MethodGet {
		return n.fillGet(r, payload)
	}
	if r.method == http.MethodHead {
		return nil
	}
	typ := h.get("content-type")
	fields, isObject := payload.(*flow.Object)
	text, isText := plain(payload)
	switch {
	case isText:
		r.body = text
	case isObject && typ == "multipart/form-data":
		return r.fillForm(h, fields)
	case isObject && typ == "application/x-www-form-urlencoded":
		r.body = []byte(qs.Stringify(fields))
	default:
		r.body = flow.AppendJSON(nil, payload)
		if typ == "" {
			h.set("Content-Type", "application/json")
		}
	}
	return nil
}

// plain returns the bytes of what is sent as it is: text, Buffers and numbers.
func plain(v flow.Value) (b []byte, ok bool) {
	switch v := v.(type) {
	case string:
		return []byte(v), true
	case flow.Buffer:
		return append([]byte{}, v...), true
	case float64:
		return flow.AppendNumber(nil, v), true
	}
	return nil, false
}

func (n *Node) fillGet(r *request, payload flow.Value) error {
	switch n.config.PayToQS {
	case true, "query":
		query, ok := queryOf(payload)
		if !ok {
			return errors.New(n.env.Text("httpin.errors.invalid-payload", "Invalid payload"))
		}
		separator := "?"
		switch {
		case strings.HasSuffix(r.url, "?"):
			separator = ""
		case strings.Contains(r.url, "?"):
			separator = "&"
		}
		r.url += separator + query
	case "body":
		var isText bool
		if r.body, isText = plain(payload); !isText {
			r.body = flow.AppendJSON(nil, payload)
		}
	}
	return nil
}

// queryOf makes a query of what is an object in JavaScript; not every one has
// properties.
func queryOf(v flow.Value) (query string, ok bool) {
	switch v := v.(type) {
	case string, float64, bool:
		return "", false
	case *flow.Object:
		return qs.Stringify(v), true
	case flow.Array:
		return qs.Stringify(indexed(v, func(item flow.Value) flow.Value { return item })), true
	case flow.Buffer:
		return qs.Stringify(indexed(v, func(b byte) flow.Value { return float64(b) })), true
	}
	return "", true
}

// indexed returns an object with the items of a list, by their numbers.
func indexed[T any](list []T, value func(T) flow.Value) *flow.Object {
	o := &flow.Object{}
	for i, item := range list {
		o.Set(strconv.Itoa(i), value(item))
	}
	return o
}

// fillForm makes a form with files.
func (r *request) fillForm(h *fields, fields *flow.Object) error {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, v := range fields.All() {
		if flow.IsNullish(v) {
			continue
		}
		if err := addPart(form, name, v); err != nil {
			return fmt.Errorf("payload.%s: %w", name, err)
		}
	}
	if err := form.Close(); err != nil {
		return err
	}
	r.body = b.Bytes()
	h.set("Content-Type", form.FormDataContentType())
	return nil
}

var quoted = strings.NewReplacer(`\`, `\\`, `"`, "%22", "\r", "%0D", "\n", "%0A")

// addPart adds a field: {value, options} may name a file and its type.
func addPart(form *multipart.Writer, name string, v flow.Value) error {
	disposition := fmt.Sprintf(`form-data; name="%s"`, quoted.Replace(name))
	typ := ""
	if o, ok := v.(*flow.Object); ok {
		if value, ok := o.Lookup("value"); ok {
			v = value
			options, _ := o.Get("options").(*flow.Object)
			if options == nil {
				options = &flow.Object{}
			}
			if file := options.Get("filename"); flow.Truthy(file) {
				disposition += fmt.Sprintf(`; filename="%s"`, quoted.Replace(flow.Text(file)))
				typ = "application/octet-stream"
			}
			if given := options.Get("contentType"); flow.Truthy(given) {
				typ = flow.Text(given)
			}
		}
	}
	header := textproto.MIMEHeader{"Content-Disposition": {disposition}}
	if typ != "" {
		header.Set("Content-Type", typ)
	}
	w, err := form.CreatePart(header)
	if err != nil {
		return err
	}
	data, isText := plain(v)
	if !isText {
		data = flow.AppendJSON(nil, v)
	}
	_, err = w.Write(data)
	return err
}
