package httprequest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/tlsconf"
	"github.com/flowrun/flowrun/internal/webproxy"
)

// direct is an environment without proxies.
func direct(e *flow.Env) {
	e.Getenv = func(string) (flow.Value, bool) { return nil, false }
	e.MessageKeys = true
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	_, _ = fmt.Fprintf(w, "%s %s [%s] %s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), body)
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// ask has a node with a configuration handle a message. URL in them is that of a
// server.
func ask(t *testing.T, url, config, msg string, options ...func(*flow.Env)) (*flowtest.Driver, *flow.Message) {
	t.Helper()
	with := strings.NewReplacer("URL", url)
	d := flowtest.New(t, Type(nil), with.Replace(config), append([]func(*flow.Env){direct}, options...)...)
	d.Handle(with.Replace(msg))
	d.Until(func() bool { return len(d.Done) == 1 })
	if len(d.Messages(0)) == 0 {
		return d, nil
	}
	return d, d.Messages(0)[0]
}

func TestRequests(t *testing.T) {
	url := serve(t, echo)
	for _, c := range []struct{ config, msg, want string }{
		{`{"url":"URL/a"}`, `{"payload":"x"}`, "GET /a [] "},
		{`{"url":"URL/{{place.name}}"}`, `{"place":{"name":"there"}}`, "GET /there [] "},
		{`{}`, `{"url":"URL"}`, "GET / [] "},
		{`{"method":"use","url":"URL"}`, `{"method":"delete"}`, "DELETE / [] "},
		{`{"method":"POST","url":"URL"}`, `{"payload":"text"}`, "POST / [] text"},
		{`{"method":"POST","url":"URL"}`, `{"payload":7}`, "POST / [] 7"},
		{`{"method":"POST","url":"URL"}`, `{"payload":{"a":[1]}}`, `POST / [application/json] {"a":[1]}`},
		{`{"method":"PUT","url":"URL"}`, `{"payload":{"a":1},"headers":{"Content-type":"text/x"}}`, `PUT / [text/x] {"a":1}`},
		{`{"method":"POST","url":"URL"}`, `{"payload":{"a":"1 2","b":["x","y"]},"headers":{"content-type":"application/x-www-form-urlencoded"}}`, `POST / [application/x-www-form-urlencoded] a=1%202&b=x&b=y`},
		{`{"url":"URL/q","paytoqs":"query"}`, `{"payload":{"a":"ü","b":2}}`, "GET /q?a=%C3%BC&b=2 [] "},
		{`{"url":"URL/q?x=1","paytoqs":true}`, `{"payload":{"b":2}}`, "GET /q?x=1&b=2 [] "},
		{`{"url":"URL/q?z=1","paytoqs":"query"}`, `{"payload":null}`, "GET /q?z=1& [] "},
		{`{"url":"URL/q?z=1","paytoqs":"query"}`, `{"payload":[1,"b"]}`, "GET /q?z=1&0=1&1=b [] "},
		{`{"method":"use","url":"URL"}`, `{}`, "USE / [] "},
		{`{"url":"URL/q","paytoqs":"body"}`, `{"payload":{"b":2}}`, `GET /q [] {"b":2}`},
		{`{"url":"URL/a b?c=ü&d=5%&e=%20#f"}`, `{}`, "GET /a%20b?c=%C3%BC&d=5%25&e=%20 [] "},
		{`{"url":"URL/a/../b/./c\n\t "}`, `{}`, "GET /b/c [] "},
		{`{"url":"URL/a/b/%2e%2E"}`, `{}`, "GET /a/ [] "},
		{`{"url":"URL\\a\\.\\b?c\\d/../e#\\"}`, `{}`, `GET /a/b?c\d/../e [] `},
		{`{"url":"URL//a%2Fb/{c}'?{c}'"}`, `{}`, "GET //a%2Fb/%7Bc%7D'?{c}%27 [] "},
		{`{"url":"URL","headers":[{"keyType":"Content-Type","valueType":"other","valueValue":"x/y"}]}`, `{"headers":{"content-type":"a/b"}}`, "GET / [x/y] "},
		{`{"url":"URL","headers":[{"keyType":"msg","keyValue":"h","valueType":"msg","valueValue":"v"}]}`, `{"h":"content-type","v":"x/z"}`, "GET / [x/z] "},
		{`{"url":"URL","headers":[{"keyType":"content-type","valueType":"other","valueValue":""}]}`, `{"headers":{"Content-Type":"a/b"}}`, "GET / [] "},
	} {
		d, msg := ask(t, url, c.config, c.msg)
		if msg == nil {
			t.Errorf("%s with %s: nothing, log %v", c.msg, c.config, d.Log)
			continue
		}
		if got := flow.Text(msg.Get("payload")); got != c.want {
			t.Errorf("%s with %s: %s, want %s", c.msg, c.config, got, c.want)
		}
	}
}

// Header values are Latin-1, in both directions.
func TestHeaderValues(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Back", "\xfc")
		w.Header().Set("Set-Cookie", "c=\xfc")
		_, _ = fmt.Fprintf(w, "% x", r.Header.Get("X-A"))
	})
	for _, c := range []struct{ header, want, code string }{
		{`"x-a":"gr\u00fc\u00df\u0080\t"`, "67 72 fc df 80", ""},
		{`"x-a":"\u20ac"`, `RequestError: Invalid character in header content ["x-a"] : ` + url, "ERR_INVALID_CHAR"},
		{`"X-A":"a\nb"`, `RequestError: Invalid character in header content ["X-A"] : ` + url, "ERR_INVALID_CHAR"},
		{`"x a":"b"`, `RequestError: Header name must be a valid HTTP token ["x a"] : ` + url, "ERR_INVALID_HTTP_TOKEN"},
	} {
		d, msg := ask(t, url, `{"url":"URL"}`, `{"headers":{`+c.header+`}}`)
		if msg.Get("payload") != c.want || c.code != "" && (msg.Get("statusCode") != c.code || len(d.Log) != 1) {
			t.Errorf("%s: %s, log %v", c.header, flow.JSON(msg), d.Log)
		}
		if own, ok := msg.Get("responseCookies").(*flow.Object); c.code == "" && (!ok || flow.JSON(own) != `{"c":{"value":"ü"}}`) {
			t.Errorf("the cookies are %s", flow.JSON(msg))
		}
	}
}

func TestMultipart(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		file, header, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		text, _ := io.ReadAll(file)
		_, _ = fmt.Fprint(w, r.FormValue("a"), " ", r.FormValue("o"), " ", header.Filename, " ", header.Header.Get("Content-Type"), " ", string(text))
	})
	_, msg := ask(t, url, `{"method":"POST","url":"URL"}`, `{"headers":{"content-type":"multipart/form-data"},
		"payload":{"a":"1","o":{"x":2},"none":null,"file":{"value":"hello","options":{"filename":"f.txt","contentType":"text/plain"}}}}`)
	if got, want := flow.Text(msg.Get("payload")), `1 {"x":2} f.txt text/plain hello`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnswer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("X-A", "1")
		w.Header().Add("Set-Cookie", "c=x%20y; Path=/; HttpOnly")
		switch r.URL.Path {
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		case "/bad":
			_, _ = io.WriteString(w, "{a")
		case "/chunks":
			_ = http.NewResponseController(w).Flush()
		default:
			_, _ = io.WriteString(w, `{"a":1}`)
		}
	})
	d, msg := ask(t, url, `{"url":"URL","ret":"obj"}`, `{}`)
	msg.Delete(flow.MsgID)
	want := `{"statusCode":200,"headers":{"content-length":"7","content-type":"text/plain; charset=utf-8","set-cookie":["c=x%20y; Path=/; HttpOnly"],"x-a":"1","x-node-red-request-node":"HASH"},` +
		`"responseUrl":"` + url + `/","payload":{"a":1},"redirectList":[],"retry":0,"responseCookies":{"c":{"Path":"/","value":"x y"}}}`
	hash := flow.Text(msg.Get("headers").(*flow.Object).Get("x-node-red-request-node"))
	if got := flow.JSON(msg); got != strings.Replace(want, "HASH", hash, 1) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := fmt.Sprint(d.Badges()); got != "[blue dot httpin.status.requesting ]" {
		t.Errorf("the badges are %s", got)
	}
	if _, msg = ask(t, url, `{"url":"URL","ret":"bin"}`, `{}`); flow.TypeName(msg.Get("payload")) != "Buffer" {
		t.Error("bin is no Buffer")
	}
	if _, msg = ask(t, url, `{"url":"URL/none","ret":"obj"}`, `{}`); flow.JSON(msg.Get("payload")) != "{}" {
		t.Errorf("204 is %s", flow.JSON(msg.Get("payload")))
	}
	if _, msg = ask(t, url, `{"url":"URL/chunks"}`, `{}`); msg.Get("headers").(*flow.Object).Get("transfer-encoding") != "chunked" {
		t.Errorf("chunks have the headers %s", flow.JSON(msg.Get("headers")))
	}
	d, msg = ask(t, url, `{"url":"URL/bad","ret":"obj"}`, `{}`)
	if msg.Get("payload") != "{a" || len(d.Log) != 1 || d.Log[0].What != "httpin.errors.json-error" {
		t.Errorf("bad JSON is %s, %v", flow.JSON(msg.Get("payload")), d.Log)
	}
	if d, msg = ask(t, url, `{"url":"URL","maxSize":6}`, `{}`); msg.Get("statusCode") != "ERR_BODY_TOO_LARGE" {
		t.Errorf("a large answer is %s, %v", flow.JSON(msg), d.Log)
	}
}

// tlsNode and proxyNode are config nodes.
type tlsNode struct{ tlsconf.Provider }

func (tlsNode) Handle(*flow.Message, flow.Outlet) error { return nil }

type proxyNode struct{ settings webproxy.Settings }

func (proxyNode) Handle(*flow.Message, flow.Outlet) error { return nil }

func (p proxyNode) Proxy() webproxy.Settings { return p.settings }

func TestProxy(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
		_, _ = io.WriteString(w, r.RequestURI+" "+user+":"+password)
	})
	byNode := func(e *flow.Env) {
		e.Config = func(string) flow.Node {
			return proxyNode{webproxy.Settings{HTTP: url, User: "me", Pass: "secret", None: "direct.invalid"}}
		}
	}
	if _, msg := ask(t, "", `{"url":"http://far.invalid/x","proxy":"p"}`, `{}`, byNode); msg.Get("payload") != "http://far.invalid/x me:secret" {
		t.Errorf("by an http proxy node: %s", flow.JSON(msg))
	}
	byEnv := func(e *flow.Env) {
		e.Getenv = func(name string) (flow.Value, bool) { return url, name == "HTTP_PROXY" }
	}
	if _, msg := ask(t, "", `{"url":"http://far.invalid/x"}`, `{}`, byEnv); msg.Get("payload") != "http://far.invalid/x :" {
		t.Errorf("by the environment: %s", flow.JSON(msg))
	}
}

// Requests one after the other use one connection.
func TestConnections(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	d := flowtest.New(t, Type(nil), `{"url":"`+s.URL+`","persist":true}`, direct)
	for n := range 5 {
		d.Handle(`{}`)
		d.Until(func() bool { return len(d.Done) == n+1 })
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("%d connections", got)
	}
}

func TestWrongConfig(t *testing.T) {
	env := flow.Env{Host: flowtest.New(t, Type(nil), `{}`, direct).Env.Host}
	for _, o := range []*flow.Object{
		flow.NewObject("url", "http://{{#a}}"), flow.NewObject("tls", "none"), flow.NewObject("proxy", "none"),
	} {
		if _, err := Type(nil).New(o, env); err == nil {
			t.Errorf("%s was accepted", flow.JSON(o))
		}
	}
}

// A request that is under way ends with its node, at once.
func TestStop(t *testing.T) {
	asked := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	d := flowtest.New(t, Type(nil), `{"url":"`+url+`"}`, direct)
	d.Handle(`{}`)
	<-asked
	began := time.Now()
	d.Node.(*Node).cancel()
	d.Until(func() bool { return len(d.Done) == 1 })
	if took := time.Since(began); took > 10*time.Second || len(d.Messages(0)) > 0 {
		t.Errorf("it took %v, and %d messages came", took, len(d.Messages(0)))
	}
}

// The http package keeps the header Connection to itself.
func TestConnectionHeader(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	_, msg := ask(t, url, `{"url":"URL"}`, `{}`)
	if got := msg.Get("headers").(*flow.Object).Get("connection"); got != "close" {
		t.Errorf("the header is %v", got)
	}
}
