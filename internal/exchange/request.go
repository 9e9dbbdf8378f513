package exchange

import (
	"net"
	"strconv"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/cookies"
	"github.com/flowrun/flowrun/internal/headers"
	"github.com/flowrun/flowrun/internal/qs"
)

// Request returns msg.req: what Express says of a request, as far as it is no
// function. Most flows read little of it, so most of it is made when it is read.
func (e *Exchange) Request(body flow.Value) *flow.Object {
	r, m := e.r, &e.match
	params := m.Params
	if params == nil {
		params = &flow.Object{}
	}
	return flow.NewObject(
		"method", method{e},
		"url", url{e},
		"originalUrl", originalURL{e},
		"baseUrl", m.Root,
		"path", path{e},
		"headers", header{e},
		"query", qs.Query(m.Query),
		"params", params,
		"body", body,
		"cookies", cookie{e},
		"ip", ip{e},
		"protocol", protocol{e},
		"secure", r.TLS != nil,
		"hostname", hostname{e},
		"xhr", xhr{e},
		"httpVersion", version{e},
		"route", m.Route,
		"socket", socket{e},
		"connection", socket{e},
	)
}

// Each is a pointer, which costs nothing to put into an object.
type (
	method      struct{ *Exchange }
	url         struct{ *Exchange }
	originalURL struct{ *Exchange }
	path        struct{ *Exchange }
	header      struct{ *Exchange }
	cookie      struct{ *Exchange }
	ip          struct{ *Exchange }
	protocol    struct{ *Exchange }
	hostname    struct{ *Exchange }
	version     struct{ *Exchange }
	xhr         struct{ *Exchange }
	socket      struct{ *Exchange }
)

func (e method) Read() flow.Value      { return e.r.Method }
func (e originalURL) Read() flow.Value { return e.r.RequestURI }
func (e path) Read() flow.Value        { return e.match.Path }

// Read returns the target of the request as it was sent, without the root. (A whole
// URL, as a proxy gets it, keeps it.)
func (e url) Read() flow.Value {
	rest := strings.TrimPrefix(e.r.RequestURI, e.match.Root)
	if rest == "" || rest[0] == '?' || rest[0] == '#' {
		return "/" + rest
	}
	return rest
}

func (e header) Read() flow.Value {
	o := flow.NewObject("host", e.r.Host)
	headers.Add(o, e.r.Header)
	if len(e.r.TransferEncoding) > 0 {
		o.Set("transfer-encoding", strings.Join(e.r.TransferEncoding, ", "))
	}
	return o
}

func (e cookie) Read() flow.Value {
	return cookies.Request(headers.Decode(strings.Join(e.r.Header["Cookie"], "; ")))
}

func (e ip) Read() flow.Value {
	ip, _ := e.address()
	return ip
}

func (e protocol) Read() flow.Value {
	if e.r.TLS != nil {
		return "https"
	}
	return "http"
}

func (e hostname) Read() flow.Value {
	if host, _, err := net.SplitHostPort(e.r.Host); err == nil {
		return host
	}
	return e.r.Host
}

func (e version) Read() flow.Value { return strings.TrimPrefix(e.r.Proto, "HTTP/") }

func (e xhr) Read() flow.Value {
	return strings.EqualFold(e.r.Header.Get("X-Requested-With"), "XMLHttpRequest")
}

// Read returns the address of the client as a socket has it.
func (e socket) Read() flow.Value {
	ip, port := e.address()
	number, _ := strconv.Atoi(port) // what has no port has port 0
	family := "IPv4"
	if strings.Contains(ip, ":") {
		family = "IPv6"
	}
	return flow.NewObject("remoteAddress", ip, "remoteFamily", family, "remotePort", float64(number))
}

// address returns the address of the client; what has no port has an empty one.
func (e *Exchange) address() (ip, port string) {
	ip, port, err := net.SplitHostPort(e.r.RemoteAddr)
	if err != nil {
		return e.r.RemoteAddr, ""
	}
	return ip, port
}
