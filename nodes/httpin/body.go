package httpin

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/charset"
	"github.com/flowrun/flowrun/internal/qs"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// body reads the body of a request, and makes of it what its type says; see the
// body-parser of Express, and rawBodyParser of Node-RED.
func (n *Node) body(w http.ResponseWriter, r *http.Request) (flow.Value, flow.Array, error) {
	limit := n.web.MaxBody()
	if n.config.Raw {
		b, err := io.ReadAll(webroutes.Body(w, r, limit))
		return flow.Buffer(b), nil, err
	}
	if n.config.Method == http.MethodGet || n.config.Method == http.MethodHead {
		return nil, nil, nil // nobody asks for it
	}
	r.Body = webroutes.Body(w, r, limit)
	typ, params, err := "", map[string]string(nil), error(nil)
	if header := r.Header.Get("Content-Type"); header != "" {
		if typ, params, err = mime.ParseMediaType(header); err != nil {
			return nil, nil, fmt.Errorf("invalid media type %q: %w", header, err)
		}
	}
	hasBody := r.ContentLength != 0 || r.Header["Content-Length"] != nil
	upload := n.config.Upload && n.config.Method == http.MethodPost
	switch {
	case hasBody && typ == "application/json":
		text, err := inflated(r, limit)
		if err != nil || len(text) == 0 {
			return &flow.Object{}, nil, err
		}
		v, err := parseJSON(text, strings.ToLower(params["charset"]))
		return v, nil, err
	case hasBody && typ == "application/x-www-form-urlencoded":
		if name := params["charset"]; name != "" && !strings.EqualFold(name, "utf-8") {
			return nil, nil, unsupported(name)
		}
		text, err := inflated(r, limit)
		if err != nil {
			return nil, nil, err
		}
		v, err := qs.Form(flow.DecodeUTF8(bytes.TrimPrefix(text, bom)))
		return v, nil, err
	case hasBody && upload && typ == "multipart/form-data":
		return form(multipart.NewReader(r.Body, params["boundary"]))
	case hasBody && upload && strings.HasPrefix(typ, "multipart/"):
		return nil, nil, fmt.Errorf("unsupported content type %q", typ)
	case upload:
		return &flow.Object{}, nil, nil // multer leaves nothing of it to who might read it
	}
	b, err := io.ReadAll(r.Body)
	switch {
	case !isText(typ):
		return flow.Buffer(b), nil, err
	case !utf8.Valid(b): // only then: all text is in UTF-8 for Node-RED, and clients name wrong charsets
		return decode(b, params["charset"]), nil, err
	}
	return string(bytes.TrimPrefix(b, bom)), nil, err
}

// bom is a byte order mark in UTF-8.
var bom = []byte("\ufeff")

func unsupported(charset string) error { return fmt.Errorf("unsupported charset %q", charset) }

// decode makes text of bytes in a charset, which are in UTF-8 if the charset is
// unknown, or empty.
func decode(b []byte, name string) string {
	if enc, ok := charset.Lookup(name); ok && !strings.EqualFold(name, "utf-8") {
		if text, err := enc.NewDecoder().Bytes(b); err == nil {
			return string(text)
		}
	}
	return flow.DecodeUTF8(b)
}

// parseJSON reads an object or a list in a charset: body-parser takes nothing else
// for JSON, and only charsets of Unicode.
func parseJSON(text []byte, name string) (flow.Value, error) {
	if name != "" && name != "utf-8" {
		enc, ok := charset.Lookup(name)
		if !ok || !strings.HasPrefix(name, "utf-") {
			return nil, unsupported(name)
		}
		var err error
		if text, err = enc.NewDecoder().Bytes(text); err != nil {
			return nil, err
		}
	}
	text = bytes.TrimPrefix(text, bom)
	if start := bytes.TrimLeft(text, " \t\r\n"); len(start) > 0 && start[0] != '{' && start[0] != '[' {
		return nil, errors.New("the body is neither a JSON object nor an array")
	}
	return flow.ParseJSON(text)
}

// inflated reads a body that may be compressed, up to the limit.
func inflated(r *http.Request, limit int64) ([]byte, error) {
	var source io.Reader
	var err error
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
		return io.ReadAll(r.Body)
	case "gzip":
		source, err = gzip.NewReader(r.Body)
	case "deflate": // which is the zlib format (RFC 9110, section 8.4.1.2)
		source, err = zlib.NewReader(r.Body)
	default:
		err = fmt.Errorf("unsupported content encoding %q", encoding)
	}
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(source, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = &http.MaxBytesError{Limit: limit}
	}
	return b, err
}

// isText tells whether a body of a type is text for rawBodyParser.
func isText(typ string) bool {
	main, sub, _ := strings.Cut(typ, "/")
	switch {
	case main == "", main == "text", sub == "xml", strings.HasSuffix(sub, "+xml"):
		return true
	case main != "application":
		return false
	}
	return sub != "octet-stream" && sub != "cbor" && sub != "x-protobuf"
}
