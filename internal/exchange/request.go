package exchange

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
	"github.com/flowrun/flowrun/internal/headers"
	"github.com/flowrun/flowrun/internal/qs"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// Request returns msg.req: what Express says of a request, as far as it is no
// function. Most flows read little of it, so most of it is made when it is read.
func Request(r *http.Request, m webroutes.Match, body flow.Value) *flow.Object {
	q := &request{r, m}
	params := m.Params
	if params == nil {
		params = &flow.Object{}
	}
	return flow.NewObject(
		"method", method{q},
		"url", url{q},
		"originalUrl", originalURL{q},
		"baseUrl", m.Root,
		"path", path{q},
		"headers", header{q},
		"query", qs.Query(r.URL.RawQuery),
		"params", params,
		"body", body,
		"cookies", cookie{q},
		"ip", ip{q},
		"protocol", protocol{q},
		"secure", r.TLS != nil,
		"hostname", hostname{q},
		"xhr", strings.EqualFold(r.Header.Get("X-Requested-With"), "XMLHttpRequest"),
		"httpVersion", version{q},
		"route", m.Route,
		"socket", socket{q},
		"connection", socket{q},
	)
}

// request is what the lazy values of msg.req are made of.
type request struct {
	*http.Request
	match webroutes.Match
}

// Each is a pointer, which costs nothing to put into an object.
type (
	method      struct{ *request }
	url         struct{ *request }
	originalURL struct{ *request }
	path        struct{ *request }
	header      struct{ *request }
	cookie      struct{ *request }
	ip          struct{ *request }
	protocol    struct{ *request }
	hostname    struct{ *request }
	version     struct{ *request }
	socket      struct{ *request }
)

func (q method) Read() flow.Value      { return q.Method }
func (q originalURL) Read() flow.Value { return q.match.Root + q.url() }
func (q path) Read() flow.Value        { return q.match.Path }
func (q url) Read() flow.Value         { return q.url() }

func (q *request) url() string {
	if q.URL.RawQuery == "" {
		return q.match.Path
	}
	return q.match.Path + "?" + q.URL.RawQuery
}

func (q header) Read() flow.Value {
	o := flow.NewObject("host", q.Host)
	headers.Add(o, q.Header)
	if len(q.TransferEncoding) > 0 {
		o.Set("transfer-encoding", strings.Join(q.TransferEncoding, ", "))
	}
	return o
}

func (q cookie) Read() flow.Value {
	return cookies.Request(strings.Join(q.Header["Cookie"], "; "))
}

func (q ip) Read() flow.Value {
	ip, _ := q.address()
	return ip
}

func (q protocol) Read() flow.Value {
	if q.TLS != nil {
		return "https"
	}
	return "http"
}

func (q hostname) Read() flow.Value {
	if host, _, err := net.SplitHostPort(q.Host); err == nil {
		return host
	}
	return q.Host
}

func (q version) Read() flow.Value { return strings.TrimPrefix(q.Proto, "HTTP/") }

// Read returns the address of the client as a socket has it.
func (q socket) Read() flow.Value {
	ip, port := q.address()
	number, _ := strconv.Atoi(port) // what has no port has port 0
	family := "IPv4"
	if strings.Contains(ip, ":") {
		family = "IPv6"
	}
	return flow.NewObject("remoteAddress", ip, "remoteFamily", family, "remotePort", float64(number))
}

// address returns the address of the client; what has no port has an empty one.
func (q *request) address() (ip, port string) {
	ip, port, err := net.SplitHostPort(q.RemoteAddr)
	if err != nil {
		return q.RemoteAddr, ""
	}
	return ip, port
}
