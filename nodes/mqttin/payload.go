package mqttin

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/mqtt"
)

// problems are what may be wrong with a payload, by the key of the text in
// Node-RED's catalog.
var problems = map[string]string{
	"invalid-json-parse":  "Failed to parse JSON string",
	"invalid-json-string": "Invalid JSON string",
}

// mediaTypes are Node-RED's: what a payload of a content type is.
var mediaTypes = map[string]string{
	"text/css": "string", "text/html": "string", "text/plain": "string", "application/xml": "string",
	"application/json":         "json",
	"application/octet-stream": "buffer", "application/pdf": "buffer", "application/x-gtar": "buffer",
	"application/x-gzip": "buffer", "application/x-tar": "buffer", "application/zip": "buffer",
	"audio/aac": "buffer", "audio/ac3": "buffer", "audio/basic": "buffer", "audio/mp4": "buffer", "audio/ogg": "buffer",
	"image/bmp": "buffer", "image/gif": "buffer", "image/jpeg": "buffer", "image/tiff": "buffer", "image/png": "buffer",
}

// decode returns the payload of a message as the data type says, or as it came
// and the key of what is wrong with it.
func decode(datatype string, m *mqtt.Message) (payload flow.Value, problem string) {
	raw := flow.Buffer(m.Payload)
	isText := m.UTF8 != nil && *m.UTF8
	switch datatype {
	case "buffer":
		return raw, ""
	case "base64":
		return base64.StdEncoding.EncodeToString(raw), ""
	case "utf8":
		return flow.DecodeUTF8(raw), ""
	case "json":
		if !isText && !utf8.Valid(raw) {
			return raw, "invalid-json-string"
		}
		v, err := flow.ParseJSON(raw)
		if err != nil {
			return raw, "invalid-json-parse"
		}
		return v, ""
	}
	if isText || m.ContentType != "" {
		switch mediaTypes[strings.ToLower(m.ContentType)] {
		case "string":
			return flow.DecodeUTF8(raw), ""
		case "buffer":
			return raw, ""
		case "json":
			v, err := flow.ParseJSON(raw)
			switch {
			case err != nil:
				return flow.DecodeUTF8(raw), "invalid-json-parse"
			case datatype == "auto":
				return flow.DecodeUTF8(raw), ""
			}
			return v, ""
		}
	}
	if !isText && !utf8.Valid(raw) {
		return raw, ""
	}
	if datatype == "auto-detect" {
		if v, err := flow.ParseJSON(raw); err == nil {
			return v, ""
		}
	}
	return flow.DecodeUTF8(raw), ""
}
