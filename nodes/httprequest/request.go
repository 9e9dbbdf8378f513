package httprequest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
	"github.com/flowrun/flowrun/internal/hashsum"
	"github.com/flowrun/flowrun/internal/mustache"
)

// request is all that a request says; the node's goroutines have nothing else of
// the message.
type request struct {
	url      string
	target   *url.URL
	method   string
	header   http.Header // names as the flow has them
	cookies  []*http.Cookie
	body     []byte
	timeout  time.Duration
	follow   bool
	insecure bool // take any certificate
	digest   *credentials
}

// credentials are a user's name and password.
type credentials struct{ user, password string }

// request makes the request that a message asks for. It is nil if the node has
// said why there is none.
func (n *Node) request(msg *flow.Message) (*request, error) {
	r := &request{timeout: n.timeout, follow: true}
	if err := n.findURL(r, msg); err != nil || r.url == "" {
		return nil, err
	}
	r.method = strings.ToUpper(n.config.Method)
	if asked := msg.Get("method"); flow.Truthy(asked) && n.config.Method != "" {
		if n.config.Method == "use" { // a server refuses that if it stays
			r.method = strings.ToUpper(flow.Text(asked))
		} else {
			n.noOverride()
		}
	}
	if r.method == "" {
		r.method = http.MethodGet
	}
	n.limits(r, msg)
	headers, err := n.headers(msg)
	if err != nil {
		return nil, err
	}
	if err := r.takeCookies(headers, msg); err != nil {
		return nil, err
	}
	if err := n.fillBody(r, headers, msg); err != nil {
		return nil, err
	}
	if r.target, err = parseURL(&url.URL{}, r.url); err != nil {
		return nil, err
	}
	n.authorize(r, headers)
	r.header = headers.header()
	return r, nil
}

func (n *Node) noOverride() {
	n.env.Warn(n.env.Text("common.errors.nooverride", "Warning: msg properties can no longer override set node properties. See bit.ly/nr-override-msg-props"))
}

// findURL finds the URL; it stays empty if the node has said what is wrong.
func (n *Node) findURL(r *request, msg *flow.Message) error {
	given := msg.Get("url")
	text := n.config.URL
	switch {
	case text == "" && flow.Truthy(given):
		text = flow.Text(given)
	case text != "" && flow.Truthy(given) && flow.Text(given) != text:
		n.noOverride()
	}
	if n.template != nil {
		var err error
		if text, err = n.template.Render(mustache.Context{View: msg.Object()}); err != nil {
			return err
		}
	}
	if text == "" {
		return fmt.Errorf("%s", n.env.Text("httpin.errors.no-url", "No url specified"))
	}
	if strings.Contains(text, "://") && !strings.HasPrefix(text, "http") {
		problem := n.env.Text("httpin.errors.invalid-transport", invalidTransport)
		n.env.Warn(problem)
		n.env.Status(flow.Badge("red", "ring", problem))
		return nil
	}
	if !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		scheme := "http://"
		if n.config.TLS != "" {
			scheme = "https://"
		}
		text = scheme + text
	}
	r.url = text
	return nil
}

// limits reads what else a message may say.
func (n *Node) limits(r *request, msg *flow.Message) {
	if v, ok := msg.Object().Lookup("requestTimeout"); ok && v != nil {
		switch ms := flow.Number(v); {
		case ms != ms:
			n.env.Warn(n.env.Text("httpin.errors.timeout-isnan", "Timeout value is not a valid number, ignoring"))
		case ms < 1:
			n.env.Warn(n.env.Text("httpin.errors.timeout-isnegative", "Timeout value is negative, ignoring"))
		default:
			r.timeout = time.Duration(min(ms, 1e12) * float64(time.Millisecond))
		}
	}
	if msg.Has("followRedirects") {
		r.follow = flow.Truthy(msg.Get("followRedirects"))
	}
	if n.config.TLS != "" || !msg.Has("rejectUnauthorized") {
		return
	}
	switch v := msg.Get("rejectUnauthorized"); {
	case v == true || v == false:
		r.insecure = v == false
	case strings.EqualFold(flow.Text(v), "true"), strings.EqualFold(flow.Text(v), "false"):
		r.insecure = strings.EqualFold(flow.Text(v), "false")
	default:
		n.env.Warn(n.env.Text("httpin.errors.rejectunauthorized-invalid", "msg.rejectUnauthorized should be a boolean"))
	}
}

// takeCookies moves the cookies of the headers, and those of the message, to the
// request: they follow it to where they may go.
func (r *request) takeCookies(h *fields, msg *flow.Message) error {
	add := func(name, value string, raw bool) error {
		pair, err := cookies.Pair(name, value, raw)
		if err != nil {
			return err
		}
		_, encoded, _ := strings.Cut(pair, "=")
		r.cookies = append(r.cookies, &http.Cookie{Name: name, Value: encoded})
		return nil
	}
	for name, value := range cookies.Parse(h.take("cookie"), false).All() {
		if err := add(name, flow.Text(value), true); err != nil {
			return err
		}
	}
	own, _ := msg.Get("cookies").(*flow.Object)
	if own == nil {
		return nil
	}
	for name, v := range own.All() {
		raw := false
		if o, ok := v.(*flow.Object); ok {
			v, raw = o.Get("value"), o.Get("encode") == false
		}
		if v == (flow.Null{}) {
			continue // that clears a cookie, in an answer
		}
		if err := add(name, flow.Text(v), raw); err != nil {
			return err
		}
	}
	return nil
}

// authorize uses the credentials, or those of the URL.
func (n *Node) authorize(r *request, h *fields) {
	c := credentials{n.env.Credentials.Get("user"), n.env.Credentials.Get("password")}
	if in := r.target.User; in != nil {
		if c.user == "" {
			c.user = in.Username()
		}
		if password, _ := in.Password(); c.password == "" {
			c.password = password
		}
		r.target.User = nil
	}
	if c == (credentials{}) {
		return
	}
	switch n.config.AuthType {
	case "digest":
		r.digest = &c
	case "bearer":
		h.set("Authorization", "Bearer "+c.password)
	default:
		h.set("Authorization", c.basic())
	}
}

// fields are the headers of a request, by their names as the flow writes them: there
// are servers for which the case of letters matters.
type fields struct {
	names  map[string]string // as written, by lower case
	values map[string][]string
}

// headers returns the headers of a message and of the node, which come first.
func (n *Node) headers(msg *flow.Message) (*fields, error) {
	h := &fields{names: map[string]string{}, values: map[string][]string{}}
	if own, ok := msg.Get("headers").(*flow.Object); ok {
		if own, ok = hashsum.Changed(own); ok {
			for name, v := range own.All() {
				h.set(name, texts(v)...)
			}
		}
	}
	for _, header := range n.config.Headers {
		name, err := part(header.KeyType, header.Key, msg)
		if err != nil {
			return nil, err
		}
		value, err := part(header.ValueType, header.Value, msg)
		if err != nil {
			return nil, err
		}
		if flow.Truthy(name) {
			h.set(flow.Text(name), texts(value)...)
		}
	}
	return h, nil
}

// part returns a name or value of one of the node's headers.
func part(typ string, v flow.Value, msg *flow.Message) (flow.Value, error) {
	switch typ {
	case "other":
		return v, nil
	case "msg":
		path, err := flow.ParseMessagePath(flow.Text(v))
		if err != nil {
			return nil, fmt.Errorf("headers: %w", err)
		}
		value, err := path.In(msg)
		if err != nil {
			return nil, nil // as if it were not there, as in Node-RED
		}
		return value, nil
	}
	return typ, nil
}

func texts(v flow.Value) []string {
	if list, ok := v.(flow.Array); ok {
		var out []string
		for _, item := range list {
			out = append(out, flow.Text(item))
		}
		return out
	}
	if !flow.Truthy(v) {
		return nil
	}
	return []string{flow.Text(v)}
}

// set sets a header in place of one with the same name; without a value it is
// gone.
func (h *fields) set(name string, values ...string) {
	key := strings.ToLower(name)
	if len(values) == 0 || values[0] == "" {
		h.take(key)
		return
	}
	h.names[key], h.values[key] = name, values
}

func (h *fields) get(key string) string { return strings.Join(h.values[key], ", ") }

// take returns a header and takes it away.
func (h *fields) take(key string) string {
	v := h.get(key)
	delete(h.names, key)
	delete(h.values, key)
	return v
}

// header returns them for the http package, which finds some of its own by their
// canonical names only.
func (h *fields) header() http.Header {
	out := http.Header{}
	for key, values := range h.values {
		name := h.names[key]
		switch key {
		case "content-length", "transfer-encoding":
			continue // they follow from the body
		case "host", "user-agent", "connection":
			name = http.CanonicalHeaderKey(key)
		}
		out[name] = values
	}
	if _, named := h.names["user-agent"]; !named {
		out["User-Agent"] = []string{"flowrun"}
	}
	return out
}
