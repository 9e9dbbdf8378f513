package httpin

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/exchange"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// site is a node behind a server.
type site struct {
	*flowtest.Driver
	t   *testing.T
	url string
}

func newSite(t *testing.T, config string, o webroutes.Options) *site {
	t.Helper()
	table := webroutes.New(o)
	server := httptest.NewServer(table)
	t.Cleanup(server.Close)
	return &site{flowtest.New(t, Type(table), config), t, server.URL}
}

// ask sends a request, without waiting for the answer: its status and text.
func (s *site) ask(method, path, body string, header ...string) <-chan string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer := make(chan string, 1)
	go func() {
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer func() { _ = got.Body.Close() }()
		text, err := io.ReadAll(got.Body)
		answer <- strings.TrimSpace(fmt.Sprint(got.StatusCode, " ", string(text), errors.Join(err)))
	}()
	return answer
}

// next waits for the next message and answers it.
func (s *site) next(answer <-chan string) *flow.Message {
	s.t.Helper()
	n := len(s.Messages(0)) + 1
	s.Until(func() bool { return len(s.Messages(0)) == n })
	msg := s.Messages(0)[n-1]
	if err := msg.Get("res").(*exchange.Exchange).Answer(exchange.Answer{Status: 200, Body: []byte("done")}); err != nil {
		s.t.Error(err)
	}
	if got := <-answer; !strings.HasPrefix(got, "200 done") {
		s.t.Errorf("the answer is %s", got)
	}
	return msg
}

func TestRequest(t *testing.T) {
	s := newSite(t, `{"url":"things/:id","method":"get"}`, webroutes.Options{Root: "/api"})
	msg := s.next(s.ask("GET", "/api/things/a%20b?x[y]=1", "", "Cookie", "c=1; d=j:[2]; e=\xfc", "X-Thing", "gr\xfc\xdf"))
	req := msg.Get("req").(*flow.Object)
	for key, want := range map[string]string{
		"method": `"GET"`, "url": `"/things/a%20b?x[y]=1"`, "originalUrl": `"/api/things/a%20b?x[y]=1"`, "baseUrl": `"/api"`,
		"path": `"/things/a%20b"`, "params": `{"id":"a b"}`, "query": `{"x":{"y":"1"}}`, "cookies": `{"c":"1","d":[2],"e":"ü"}`,
		"ip": `"127.0.0.1"`, "protocol": `"http"`, "secure": `false`, "hostname": `"127.0.0.1"`, "route": `{"path":"/things/:id"}`,
	} {
		if got := flow.JSON(req.Get(key)); got != want {
			t.Errorf("req.%s is %s, want %s", key, got, want)
		}
	}
	if got := flow.JSON(req.Get("headers").(*flow.Object).Get("x-thing")); got != `"grüß"` {
		t.Errorf("the header is %s", got)
	}
	if got := flow.JSON(msg.Get("payload")); got != `{"x":{"y":"1"}}` {
		t.Errorf("the payload is %s", got)
	}
}

func TestBodies(t *testing.T) {
	s := newSite(t, `{"url":"/","method":"post"}`, webroutes.Options{})
	for _, c := range []struct{ typ, body, want string }{
		{"application/json", `{"a":[1]}`, `{"a":[1]}`},
		{"application/json; charset=utf-8", "", `{}`},
		{"application/json; charset=UTF-16LE", "{\x00\"\x00\xfc\x00\"\x00:\x001\x00}\x00", `{"ü":1}`},
		{"application/x-www-form-urlencoded", "a[b]=1&c=d+e", `{"a":{"b":"1"},"c":"d e"}`},
		{"application/x-www-form-urlencoded; charset=UTF-8", "\ufeffa=ü", `{"a":"ü"}`},
		{"text/plain", "grüezi", `"grüezi"`},
		{"text/plain", "\ufeffx", `"x"`},
		{"text/plain; charset=iso-8859-1", "gr\xfcezi", `"grüezi"`},
		{"text/plain; charset=iso-8859-1", "grüezi", `"grüezi"`},
		{"text/plain; charset=nope", "gr\xfcezi", "\"gr\ufffdezi\""},
		{"", "text", `"text"`},
		{"application/soap+xml", "<a/>", `"<a/>"`},
		{"application/octet-stream", "hi", `{"type":"Buffer","data":[104,105]}`},
		{"image/png", "hi", `{"type":"Buffer","data":[104,105]}`},
		{"multipart/form-data; boundary=b", "hi", `{"type":"Buffer","data":[104,105]}`},
	} {
		msg := s.next(s.ask("POST", "/", c.body, "Content-Type", c.typ))
		if got := flow.JSON(msg.Get("payload")); got != c.want {
			t.Errorf("%s of type %s: %s, want %s", c.body, c.typ, got, c.want)
		}
	}
	raw := newSite(t, `{"url":"/","method":"post","skipBodyParsing":true}`, webroutes.Options{})
	if got := raw.next(raw.ask("POST", "/", "{}", "Content-Type", "application/json")).Get("payload"); flow.JSON(got) != `{"type":"Buffer","data":[123,125]}` {
		t.Errorf("raw: %s", flow.JSON(got))
	}
}

func TestCompressed(t *testing.T) {
	var zipped, deflated bytes.Buffer
	for _, z := range []io.WriteCloser{gzip.NewWriter(&zipped), zlib.NewWriter(&deflated)} {
		_, _ = io.WriteString(z, `{"z":1}`)
		_ = z.Close()
	}
	s := newSite(t, `{"url":"/","method":"post"}`, webroutes.Options{})
	for encoding, body := range map[string]string{"gzip": zipped.String(), "Deflate": deflated.String()} {
		msg := s.next(s.ask("POST", "/", body, "Content-Type", "application/json", "Content-Encoding", encoding))
		if got := flow.JSON(msg.Get("payload")); got != `{"z":1}` {
			t.Errorf("%s: %s", encoding, got)
		}
	}
	for encoding, body := range map[string]string{"gzip": zipped.String()[:12], "deflate": deflated.String()[:8]} {
		if got := <-s.ask("POST", "/", body, "Content-Type", "application/json", "Content-Encoding", encoding); !strings.HasPrefix(got, "500 Internal Server Error") {
			t.Errorf("%s that is cut off: %s", encoding, got)
		}
	}
}

func TestRefused(t *testing.T) {
	s := newSite(t, `{"url":"/","method":"post"}`, webroutes.Options{MaxBody: 100})
	large := strings.Repeat("x", 101)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write([]byte(`{"a":"` + large + `"}`))
	_ = z.Close()
	for _, c := range []struct{ typ, encoding, body, want string }{
		{"application/json", "", `{"a":`, "500 Internal Server Error"},
		{"application/json", "", `"text"`, "500 Internal Server Error"},
		{"application/json", "gzip", bomb.String(), "413 Request Entity Too Large"},
		{"application/json", "what", `{}`, "500 Internal Server Error"},
		{"application/json", "deflate", "\xabVJT\xb22\xac\x05\x00", "500 Internal Server Error"}, // without the header of zlib
		{"text/plain", "", large, "413 Request Entity Too Large"},
		{"/", "", "x", "500 Internal Server Error"},
		{"application/json; charset=iso-8859-1", "", `{}`, "500 Internal Server Error"},
		{"application/json; charset=utf-nope", "", `{}`, "500 Internal Server Error"},
		{"application/x-www-form-urlencoded; charset=iso-8859-1", "", `a=1`, "500 Internal Server Error"},
	} {
		if got := <-s.ask("POST", "/", c.body, "Content-Type", c.typ, "Content-Encoding", c.encoding); !strings.HasPrefix(got, c.want) {
			t.Errorf("%.20s of type %s: %s, want %s", c.body, c.typ, got, c.want)
		}
	}
	if len(s.Log) != 10 || s.Log[0].Level != flow.LevelWarn {
		t.Errorf("the log is %v", s.Log)
	}
}

func TestTooSlow(t *testing.T) {
	table := webroutes.New(webroutes.Options{})
	flowtest.New(t, Type(table), `{"url":"/","method":"post"}`)
	w := httptest.NewRecorder()
	table.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", iotest.ErrReader(os.ErrDeadlineExceeded)))
	if w.Code != http.StatusRequestTimeout {
		t.Errorf("a client that does not send gets %d", w.Code)
	}
}

func TestNobodyAnswers(t *testing.T) {
	s := newSite(t, `{"url":"/","method":"get"}`, webroutes.Options{Timeout: time.Millisecond})
	if got := <-s.ask("GET", "/", ""); !strings.HasPrefix(got, "504 Gateway Timeout") {
		t.Errorf("got %s", got)
	}
	s.Until(func() bool { return len(s.Messages(0)) == 1 })
	if err := s.Messages(0)[0].Get("res").(*exchange.Exchange).Answer(exchange.Answer{Status: 200}); err != nil {
		t.Errorf("an answer that comes too late: %v", err)
	}
	s.Until(func() bool { return len(s.Log) == 1 })
	if want := "no flow has answered GET / within 1ms"; s.Log[0].What != want {
		t.Errorf("the log says %s", s.Log[0].What)
	}
}

// A client that closes its half of the connection gets the answer, when there is one.
func TestHalfClosed(t *testing.T) {
	table := webroutes.New(webroutes.Options{})
	asked := make(chan context.Context, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Context()
		table.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s := &site{flowtest.New(t, Type(table), `{"url":"/x"}`), t, server.URL}
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	<-(<-asked).Done() // the server knows
	answer := make(chan string, 1)
	go func() {
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		text, err := io.ReadAll(got.Body)
		answer <- fmt.Sprint(got.StatusCode, " ", string(text), errors.Join(err, got.Body.Close()))
	}()
	s.next(answer)
}

// stoppable returns a node at /x that the test stops itself.
func stoppable(t *testing.T, method string) (*site, *Node) {
	t.Helper()
	table := webroutes.New(webroutes.Options{})
	server := httptest.NewServer(table)
	t.Cleanup(server.Close)
	s := &site{flowtest.New(t, Type(webroutes.New(webroutes.Options{})), `{"url":"/x"}`), t, server.URL}
	n := &Node{config: Config{URL: "/x", Method: method}, env: s.Env, web: table, credits: s.Node.(*Node).credits, stopped: make(chan struct{})}
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, n
}

// What is under way when the node stops is answered, and its route is gone.
func TestStop(t *testing.T) {
	s, n := stoppable(t, "GET")
	answer := s.ask("GET", "/x", "")
	s.Until(func() bool { return len(s.Messages(0)) == 1 })
	n.Drain()
	if err := n.Stop(context.Background(), flow.Removed); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; !strings.HasPrefix(got, "503 Service Unavailable") {
		t.Errorf("what was under way got %s", got)
	}
	if got := <-s.ask("GET", "/x", ""); !strings.HasPrefix(got, "404 ") {
		t.Errorf("a new request got %s", got)
	}
}

// The flow of a request whose body comes to its end too late does not get it: its
// client has to ask again.
func TestStopDuringUpload(t *testing.T) {
	s, n := stoppable(t, "POST")
	body, upload := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/x", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain")
	r.Header.Set("Expect", "100-continue") // the body is not read before the node wants it
	go func() {
		_, _ = io.WriteString(upload, "a")
		if err := n.Stop(context.Background(), flow.Removed); err != nil {
			t.Error(err)
		}
		_ = upload.Close()
	}()
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if n := len(s.Messages(0)); got.StatusCode != 503 || n != 0 {
		t.Errorf("the client got %d, the flow %d messages", got.StatusCode, n)
	}
}

// A flow goes on with a request when only the node is replaced that has taken it.
func TestRestart(t *testing.T) {
	s, n := stoppable(t, "GET")
	answer := s.ask("GET", "/x", "")
	s.Until(func() bool { return len(s.Messages(0)) == 1 })
	n.Drain()
	if err := n.Stop(context.Background(), flow.Restarted); err != nil {
		t.Fatal(err)
	}
	if err := s.Messages(0)[0].Get("res").(*exchange.Exchange).Answer(exchange.Answer{Status: 200, Body: []byte("done")}); err != nil {
		t.Error(err)
	}
	if got := <-answer; !strings.HasPrefix(got, "200 done") {
		t.Errorf("what was under way got %s", got)
	}
}

func TestReserved(t *testing.T) {
	table := webroutes.New(webroutes.Options{Reserved: func(method, path string) bool { return method+path == "GET/status" }})
	if d := flowtest.New(t, Type(table), `{"url":"/status"}`); len(d.Log) != 1 || !strings.Contains(d.Log[0].What, "--http ADDR") {
		t.Errorf("the log is %v", d.Log)
	}
	if d := flowtest.New(t, Type(table), `{"url":"/mine"}`); len(d.Log) != 0 {
		t.Errorf("the log is %v", d.Log)
	}
}

func TestWithoutServer(t *testing.T) {
	d := flowtest.New(t, Type(nil), `{"url":"/x"}`)
	if len(d.Log) != 1 || !strings.Contains(d.Log[0].What, "--http ADDR") {
		t.Errorf("the log is %v", d.Log)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		config *flow.Object
		idle   bool
		want   string
	}{
		{flow.NewObject("url", "/x", "method", "fetch"), false, "method: expected get"},
		{&flow.Object{}, true, "url: missing path"},
		{flow.NewObject("url", "/x(y"), true, `url: the path "/x(y" is no pattern`},
		{flow.NewObject("url", "x(y"), true, `url: the path "/x(y" is no pattern`},
	} {
		_, err := Type(nil).New(c.config, flow.Env{})
		bad, ok := errors.AsType[*flow.ConfigError](err)
		if !ok || bad.Idle != c.idle || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v: %v", flow.JSON(c.config), err)
		}
	}
	if _, err := Type(nil).New(&flow.Object{}, flow.Env{MessageKeys: true}); err == nil || err.Error() != "url: httpin.errors.missing-path" {
		t.Errorf("without a path, in Node-RED's keys: %v", err)
	}
	if _, err := Type(nil).New(flow.NewObject("url", "?x"), flow.Env{}); err != nil { // which is /?x
		t.Errorf("a path without its slash: %v", err)
	}
}
