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
// function.
func Request(r *http.Request, m webroutes.Match, body flow.Value) *flow.Object {
	url := m.Path
	if r.URL.RawQuery != "" {
		url += "?" + r.URL.RawQuery
	}
	params := m.Params
	if params == nil {
		params = &flow.Object{}
	}
	protocol := "http"
	if r.TLS != nil {
		protocol = "https"
	}
	ip, _ := addressOf(r)
	socket := flow.Later(func() flow.Value { return socketOf(r) })
	hostname := r.Host
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		hostname = host
	}
	return flow.NewObject(
		"method", r.Method,
		"url", url,
		"originalUrl", m.Root+url,
		"baseUrl", m.Root,
		"path", m.Path,
		"headers", flow.Later(func() flow.Value { return headersOf(r) }),
		"query", qs.Query(r.URL.RawQuery),
		"params", params,
		"body", body,
		"cookies", cookies.Request(strings.Join(r.Header["Cookie"], "; ")),
		"ip", ip,
		"protocol", protocol,
		"secure", r.TLS != nil,
		"hostname", hostname,
		"xhr", strings.EqualFold(r.Header.Get("X-Requested-With"), "XMLHttpRequest"),
		"httpVersion", strings.TrimPrefix(r.Proto, "HTTP/"),
		"route", flow.NewObject("path", m.Route),
		"socket", socket,
		"connection", socket,
	)
}

// addressOf returns the address of the client; what has no port has an empty one.
func addressOf(r *http.Request) (ip, port string) {
	ip, port, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr, ""
	}
	return ip, port
}

// socketOf returns the address of the client as a socket has it.
func socketOf(r *http.Request) *flow.Object {
	ip, port := addressOf(r)
	number, _ := strconv.Atoi(port) // what has no port has port 0
	family := "IPv4"
	if strings.Contains(ip, ":") {
		family = "IPv6"
	}
	return flow.NewObject("remoteAddress", ip, "remoteFamily", family, "remotePort", float64(number))
}

func headersOf(r *http.Request) *flow.Object {
	o := flow.NewObject("host", r.Host)
	headers.Add(o, r.Header)
	if len(r.TransferEncoding) > 0 {
		o.Set("transfer-encoding", strings.Join(r.TransferEncoding, ", "))
	}
	return o
}
