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
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
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
		{`{"url":"URL/q","paytoqs":"body"}`, `{"payload":{"b":2}}`, `GET /q [] {"b":2}`},
		{`{"url":"URL/a b?c=ü&d=5%&e=%20#f"}`, `{}`, "GET /a%20b?c=%C3%BC&d=5%25&e=%20 [] "},
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
	d, msg = ask(t, url, `{"url":"URL/bad","ret":"obj"}`, `{}`)
	if msg.Get("payload") != "{a" || len(d.Log) != 1 || d.Log[0].What != "httpin.errors.json-error" {
		t.Errorf("bad JSON is %s, %v", flow.JSON(msg.Get("payload")), d.Log)
	}
	if d, msg = ask(t, url, `{"url":"URL","maxSize":6}`, `{}`); msg.Get("statusCode") != "ERR_BODY_TOO_LARGE" {
		t.Errorf("a large answer is %s, %v", flow.JSON(msg), d.Log)
	}
}

func TestRedirects(t *testing.T) {
	var other string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here":
			http.SetCookie(w, &http.Cookie{Name: "new", Value: "1"})
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other+"/there", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			_, _ = fmt.Fprint(w, r.Method, " ", r.Header.Get("Cookie"), " ", r.Header.Get("Authorization"))
		}
	})
	other = strings.Replace(url, "127.0.0.1", "localhost", 1)
	_, msg := ask(t, url, `{"url":"URL/here","method":"POST"}`, `{"cookies":{"own":"a b","gone":null},"headers":{"cookie":"raw=x"}}`)
	if got := flow.JSON(msg.Get("payload")); got != `"GET raw=x; own=a%20b; new=1 "` {
		t.Errorf("got %s", got)
	}
	if got := flow.JSON(msg.Get("redirectList")); got != `[{"location":"/there","cookies":{"new":{"value":"1"}}}]` {
		t.Errorf("the list is %s", got)
	}
	_, msg = ask(t, url, `{"url":"URL/away","method":"POST"}`, `{"payload":"x","cookies":{"own":"1"},"headers":{"Authorization":"secret"}}`)
	if got := flow.JSON(msg.Get("payload")); got != `"POST  "` {
		t.Errorf("elsewhere: %s", got)
	}
	if _, msg = ask(t, url, `{"url":"URL/here"}`, `{"followRedirects":false}`); msg.Get("statusCode") != 302.0 {
		t.Errorf("not followed: %s", flow.JSON(msg))
	}
	if _, msg = ask(t, url, `{"url":"URL/loop"}`, `{}`); msg.Get("statusCode") != "ERR_TOO_MANY_REDIRECTS" {
		t.Errorf("a loop: %s", flow.JSON(msg))
	}
}

func TestFailures(t *testing.T) {
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	d, msg := ask(t, url, `{"url":"URL"}`, `{"requestTimeout":20}`)
	if msg.Get("statusCode") != "ETIMEDOUT" || msg.Get("payload") != "TimeoutError: Timeout awaiting 'request' for 20ms : "+url {
		t.Errorf("a timeout is %s", flow.JSON(msg))
	}
	if len(d.Log) != 1 || d.Log[0].What != "common.notification.errors.no-response" || d.Log[0].Msg == nil {
		t.Errorf("the log is %v", d.Log)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	d, msg = ask(t, closed, `{"url":"URL"}`, `{}`)
	if want := "RequestError: connect ECONNREFUSED " + closed + " : http://" + closed; msg.Get("payload") != want || msg.Get("statusCode") != "ECONNREFUSED" {
		t.Errorf("a closed port is %s, want %s", flow.JSON(msg), want)
	}
	if got := fmt.Sprint(d.Badges()); got != "[blue dot httpin.status.requesting red ring ECONNREFUSED]" {
		t.Errorf("the badges are %s", got)
	}
	if d, msg = ask(t, closed, `{"url":"URL","senderr":true}`, `{}`); msg != nil || len(d.Log) != 1 {
		t.Errorf("with senderr: %v, %v", msg, d.Log)
	}
	for msg, want := range map[string]string{
		`{}`:                  "httpin.errors.no-url",
		`{"url":"ftp://x"}`:   "httpin.errors.invalid-transport",
		`{"url":"http://%%"}`: `Error: invalid URL: parse "http://%%": invalid URL escape "%%"`,
	} {
		if d, _ := ask(t, "", `{}`, msg); len(d.Log) != 1 || strings.TrimPrefix(d.Log[0].What, "Error: ") != strings.TrimPrefix(want, "Error: ") {
			t.Errorf("%s: %v, want %s", msg, d.Log, want)
		}
	}
}

// tlsNode and proxyNode are config nodes.
type tlsNode struct{ tlsconf.Provider }

func (tlsNode) Handle(*flow.Message, flow.Outlet) error { return nil }

type proxyNode struct{ settings webproxy.Settings }

func (proxyNode) Handle(*flow.Message, flow.Outlet) error { return nil }

func (p proxyNode) Proxy() webproxy.Settings { return p.settings }

func TestTLS(t *testing.T) {
	server, _ := sockettest.TLS(t)
	s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s.TLS = server
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, msg := ask(t, s.URL, `{"url":"URL"}`, `{"rejectUnauthorized":false}`); msg.Get("statusCode") != 200.0 {
		t.Errorf("any certificate: %s", flow.JSON(msg))
	}
	if _, msg := ask(t, s.URL, `{"url":"URL"}`, `{}`); msg.Get("statusCode") != "TLS_FAILED" {
		t.Errorf("an unknown certificate: %s", flow.JSON(msg))
	}
	ca := sockettest.NewAuthority(t)
	s2 := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s2.TLS = server.Clone()
	s2.TLS.Certificates = s2.TLS.Certificates[:0]
	s2.TLS.Certificates = append(s2.TLS.Certificates, ca.Issue(t, "localhost").TLS(t))
	s2.StartTLS()
	t.Cleanup(s2.Close)
	config := tlsNode{tlsconf.NewSource(tlsconf.Settings{CA: tlsconf.Origin{Data: []byte(ca.PEM)}})}
	withTLS := func(e *flow.Env) {
		e.Config = func(id string) flow.Node {
			if id == "tls" {
				return config
			}
			return nil
		}
	}
	if _, msg := ask(t, strings.TrimPrefix(s2.URL, "https://"), `{"url":"URL/x","tls":"tls"}`, `{}`, withTLS); msg.Get("payload") != "GET /x [] " {
		t.Errorf("by a tls-config node: %s", flow.JSON(msg))
	}
}

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
