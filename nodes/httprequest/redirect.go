package httprequest

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
	"github.com/flowrun/flowrun/internal/headers"
)

// trip is the way of a request to its answer, over the redirects. The http
// package's own client goes other ways than Node-RED: it makes a GET of a POST,
// tells where it comes from, and looks for cookies by the header Host.
type trip struct {
	request   *request
	over      http.RoundTripper
	jar       http.CookieJar
	redirects flow.Array // {location, cookies}
}

// follow sends the request, and then where the answers lead.
func (t *trip) follow(ctx context.Context, authorization string) (*http.Response, error) {
	method, target, body := t.request.method, t.request.target, t.request.body
	header, err := onTheWire(t.request.header, authorization)
	if err != nil {
		return nil, err
	}
	for count := 0; ; count++ {
		response, err := t.ask(ctx, method, target, header, body)
		if err != nil {
			return nil, err
		}
		if !t.request.follow || !isRedirect(response) {
			return response, nil
		}
		skip(response)
		if count == maxRedirects {
			return nil, errRedirects
		}
		next, err := nextTarget(target, response)
		if err != nil {
			return nil, err
		}
		t.redirects = append(t.redirects, redirectOf(response))
		if response.StatusCode == http.StatusSeeOther && method != http.MethodHead {
			method, body = http.MethodGet, nil
		}
		if isElsewhere(next, target) {
			remove(header, "Host", "Authorization", "Proxy-Authorization") // what no other server is to know
			if u := next.User; u != nil {
				password, _ := u.Password()
				header.Set("Authorization", credentials{u.Username(), password}.basic())
			}
		}
		next.User = nil
		target = next
	}
}

// ask sends one request. The cookies are those for its URL.
func (t *trip) ask(ctx context.Context, method string, target *url.URL, header http.Header, body []byte) (*http.Response, error) {
	var from io.Reader
	if body != nil {
		from = bytes.NewReader(body)
	}
	asked, err := http.NewRequestWithContext(ctx, method, "http://host", from)
	if err != nil {
		return nil, err
	}
	asked.URL, asked.Host = target, target.Host // as it is: to read it again would refuse some hosts
	asked.Header = header.Clone()
	if host := asked.Header.Get("Host"); host != "" {
		asked.Host = host
	}
	var pairs []string
	for _, c := range t.jar.Cookies(target) {
		value := c.Value
		if c.Quoted {
			value = `"` + value + `"`
		}
		pairs = append(pairs, c.Name+"="+value)
	}
	if len(pairs) > 0 {
		asked.Header.Set("Cookie", strings.Join(pairs, "; "))
	}
	response, err := t.over.RoundTrip(asked)
	if err == nil {
		t.jar.SetCookies(target, response.Cookies())
	}
	return response, err
}

// onTheWire returns headers as they are sent, in Latin-1. The errors are those of
// Node.js.
func onTheWire(h http.Header, authorization string) (http.Header, error) {
	out := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, requestError(headers.InvalidName(name))
		}
		for _, text := range h[name] {
			value, ok := headers.Encode(text)
			if !ok {
				return nil, requestError(headers.InvalidValue(name))
			}
			out[name] = append(out[name], value)
		}
	}
	if authorization != "" {
		remove(out, "Authorization")
		out.Set("Authorization", authorization)
	}
	return out, nil
}

// requestError gives an error the name that it has in got.
func requestError(e *flow.Error) error {
	e.Name = "RequestError"
	return e
}

// isRedirect tells whether an answer leads on.
func isRedirect(r *http.Response) bool {
	switch r.StatusCode {
	case 300, 301, 302, 303, 304, 307, 308: // as got has them
		return r.Header.Get("Location") != ""
	}
	return false
}

// skip leaves a body. One that is small is read first, for the connection to serve
// on.
func skip(r *http.Response) {
	const small = 2 << 10 // as in the http package
	if r.ContentLength <= small {
		_, _ = io.CopyN(io.Discard, r.Body, small)
	}
	_ = r.Body.Close()
}

// nextTarget returns where an answer leads. The errors are those of got.
func nextTarget(base *url.URL, r *http.Response) (*url.URL, error) {
	next, err := parseURL(base, r.Header.Get("Location"))
	switch {
	case err == nil && next.Scheme != "http" && next.Scheme != "https":
		return nil, &flow.Error{Name: "RequestError", Message: "Unsupported protocol: " + next.Scheme + ":", Code: "ERR_UNSUPPORTED_PROTOCOL"}
	case err != nil, next.Host == "":
		return nil, &flow.Error{Name: "RequestError", Message: "Invalid URL", Code: "ERR_INVALID_URL"}
	}
	return next, nil
}

// isElsewhere tells whether a URL is of another server than the one before, or
// would have a secret go there in the open.
func isElsewhere(next, before *url.URL) bool {
	return next.Host != before.Host || before.Scheme == "https" && next.Scheme != "https"
}

// basic is the Authorization header of credentials.
func (c credentials) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.user+":"+c.password))
}

// remove takes headers away, in whatever case the flow has written their names.
func remove(h http.Header, names ...string) {
	maps.DeleteFunc(h, func(key string, _ []string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, key) })
	})
}

// redirectOf says where an answer leads.
func redirectOf(r *http.Response) *flow.Object {
	o := flow.NewObject("location", headers.Decode(r.Header.Get("Location")))
	if lines := r.Header.Values("Set-Cookie"); len(lines) > 0 {
		o.Set("cookies", setCookies(lines))
	}
	return o
}

// setCookies reads Set-Cookie headers: {name: {Path, Expires, …, value}}.
func setCookies(lines []string) *flow.Object {
	all := &flow.Object{}
	for _, line := range lines {
		parsed := cookies.Parse(headers.Decode(line), true)
		keys := parsed.Keys()
		if len(keys) == 0 || keys[0] == "" {
			continue
		}
		value := parsed.Get(keys[0])
		parsed.Delete(keys[0])
		parsed.Set("value", value)
		all.Set(keys[0], parsed)
	}
	return all
}
