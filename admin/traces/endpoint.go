package traces

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// tracesPath is where a collector takes traces, below its endpoint.
const tracesPath = "/v1/traces"

// ParseEndpoint reads the URL of a collector, such as http://127.0.0.1:4318. As
// with OTEL_EXPORTER_OTLP_ENDPOINT /v1/traces is added; here only if the URL does
// not end so.
func ParseEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it must be a URL such as http://127.0.0.1:4318")
	case u.User != nil:
		return nil, errors.New("it takes no user and password: put a header into OTEL_EXPORTER_OTLP_HEADERS")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it takes no ? and no #: give a URL such as http://127.0.0.1:4318")
	}
	if !strings.HasSuffix(u.Path, tracesPath) {
		u = u.JoinPath(tracesPath)
	}
	return u, nil
}

// ParseHeaders reads headers as OTEL_EXPORTER_OTLP_HEADERS has them: name=value
// with commas between, values with %XX for what has a meaning. An error tells the
// place and nothing of the text.
func ParseHeaders(text string) (http.Header, error) {
	headers, n := http.Header{}, 0
	for entry := range strings.SplitSeq(text, ",") {
		n++
		if strings.TrimSpace(entry) == "" {
			continue
		}
		name, value, ok := strings.Cut(entry, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !ok || err != nil || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("entry %d must be name=value, with %%2C for a comma in the value", n)
		}
		headers.Add(name, value)
	}
	return headers, nil
}
