package httpin

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/headers"
	"github.com/flowrun/flowrun/internal/qs"
)

// form reads a form with files: its fields, and its files as multer has them.
func form(parts *multipart.Reader) (flow.Value, flow.Array, error) {
	var fields []string
	files := flow.Array{}
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF { //nolint:errorlint // a wrapped one says that the form is cut off
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading the form: %w", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, fmt.Errorf("reading the form: %w", err)
		}
		disposition, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if err != nil || disposition != "form-data" {
			continue // busboy skips it, too
		}
		name, path := asText(params["name"]), asText(params["filename"])
		if name == "" {
			return nil, nil, errors.New("field name missing")
		}
		typ, charset := partType(part)
		if path == "" && typ != "application/octet-stream" {
			fields = append(fields, name, decode(content, charset))
			continue
		}
		original := base(path)
		if original == "" {
			continue // the user has chosen no file
		}
		files = append(files, flow.NewObject(
			"fieldname", name, "originalname", original, "encoding", transferEncoding(part), "mimetype", typ,
			"buffer", flow.Buffer(content), "size", float64(len(content)),
		))
	}
	body, err := qs.Fields(fields)
	return body, files, err
}

// partType returns the type of a part and the charset that it names.
func partType(part *multipart.Part) (typ, charset string) {
	typ, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil || !strings.Contains(typ, "/") {
		return "text/plain", ""
	}
	return typ, params["charset"]
}

func transferEncoding(part *multipart.Part) string {
	if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "" {
		return strings.ToLower(encoding)
	}
	return "7bit"
}

// asText makes text of a parameter, which browsers send in UTF-8.
func asText(param string) string {
	if utf8.ValidString(param) {
		return param
	}
	return headers.Decode(param)
}

// escapes are those that the HTML standard has for names of files.
var escapes = strings.NewReplacer("%0A", "\n", "%0a", "\n", "%0D", "\r", "%0d", "\r", "%22", `"`)

// base returns the name of a file without its directories, of Windows, too; it is
// empty if that names a directory.
func base(path string) string {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	if name == "." || name == ".." {
		return ""
	}
	return escapes.Replace(name)
}
