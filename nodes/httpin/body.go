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

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/qs"
)

// body reads the body of a request, and makes of it what its type says; see the
// body-parser of Express, and rawBodyParser of Node-RED.
func (n *Node) body(w http.ResponseWriter, r *http.Request) (flow.Value, flow.Array, error) {
	limit := n.web.MaxBody()
	if n.config.Raw {
		b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		return flow.Buffer(b), nil, err
	}
	if n.config.Method == http.MethodGet || n.config.Method == http.MethodHead {
		return nil, nil, nil // nobody asks for it
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	typ, params, err := "", map[string]string(nil), error(nil)
	if header := r.Header.Get("Content-Type"); header != "" {
		if typ, params, err = mime.ParseMediaType(header); err != nil {
			return nil, nil, fmt.Errorf("invalid media type %q: %w", header, err)
		}
	}
	hasBody := r.ContentLength != 0 || r.Header["Content-Length"] != nil
	switch {
	case hasBody && typ == "application/json":
		text, err := inflated(r, limit)
		if err != nil || len(text) == 0 {
			return &flow.Object{}, nil, err
		}
		v, err := parseJSON(text)
		return v, nil, err
	case hasBody && typ == "application/x-www-form-urlencoded":
		text, err := inflated(r, limit)
		if err != nil {
			return nil, nil, err
		}
		v, err := qs.Form(flow.DecodeUTF8(text))
		return v, nil, err
	case hasBody && typ == "multipart/form-data" && n.config.Upload:
		return form(multipart.NewReader(r.Body, params["boundary"]))
	}
	b, err := io.ReadAll(r.Body)
	if isText(typ) {
		return flow.DecodeUTF8(b), nil, err
	}
	return flow.Buffer(b), nil, err
}

// parseJSON reads an object or a list: body-parser takes nothing else for JSON.
func parseJSON(text []byte) (flow.Value, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
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

// form reads a form with files, which come as multer has them.
func form(parts *multipart.Reader) (flow.Value, flow.Array, error) {
	var fields []string
	files := flow.Array{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return nil, nil, err
		}
		if p.FileName() == "" {
			fields = append(fields, p.FormName(), flow.DecodeUTF8(b))
			continue
		}
		typ := p.Header.Get("Content-Type")
		if typ == "" {
			typ = "application/octet-stream"
		}
		files = append(files, flow.NewObject(
			"fieldname", p.FormName(), "originalname", p.FileName(), "encoding", "7bit", "mimetype", typ,
			"buffer", flow.Buffer(b), "size", float64(len(b)),
		))
	}
	body, err := qs.Fields(fields)
	return body, files, err
}
