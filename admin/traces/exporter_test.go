package traces

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector answers requests without a network, so that time stands still; in a
// bubble nothing else runs while it answers.
type collector struct {
	answers []answer // for one request each, the last for all after it
	bodies  []string
	times   []time.Duration // of the requests
	began   time.Time
	headers http.Header // of the last request
}

type answer struct {
	status int // 0: there is nobody
	after  string
	body   string
}

func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c.bodies, c.times, c.headers = append(c.bodies, string(body)), append(c.times, time.Since(c.began)), r.Header
	a := c.answers[min(len(c.bodies), len(c.answers))-1]
	if a.status == 0 {
		return nil, syscall.ECONNREFUSED
	}
	return &http.Response{StatusCode: a.status, Header: http.Header{"Retry-After": {a.after}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// start returns a tracer whose spans go to the collector, and what it logs.
func start(t *testing.T, c *collector) (*Tracer, *strings.Builder) {
	t.Helper()
	endpoint, err := ParseEndpoint("http://collector")
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	tracer, err := New(Options{
		Endpoint: endpoint, Headers: http.Header{"X-Key": {"planted"}}, Sample: 1, Version: "test",
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	c.began, tracer.exporter.client.Transport = time.Now(), c
	return tracer, log
}

// cause makes the spans of a cause with one node.
func cause(tracer *Tracer, err error) {
	root := tracer.Cause(runtime.Info{ID: "l", Type: "tcp-listen", Name: "Server", Flow: "t"}, time.Now())
	node := root.Node(runtime.Info{ID: "f", Type: "function", Flow: "t"}, "s1")
	if err != nil {
		node.Fail(err)
	}
	node.End()
	root.End()
}

func TestRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{answers: []answer{{status: 200}}}
		tracer, log := start(t, c)
		cause(tracer, &flow.Error{Name: "TypeError", Message: "with the payload"})
		if err := tracer.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(c.bodies) != 1 {
			t.Fatalf("%d requests; the log is %s", len(c.bodies), log)
		}
		var got any
		if err := json.Unmarshal([]byte(c.bodies[0]), &got); err != nil {
			t.Fatal(err)
		}
		all := got.(map[string]any)["resourceSpans"].([]any)[0].(map[string]any)
		spans := all["scopeSpans"].([]any)[0].(map[string]any)["spans"].([]any)
		node, root := spans[0].(map[string]any), spans[1].(map[string]any)
		text := func(v any) string {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		ids := fmt.Sprintf(`"spanId":"%s","startTimeUnixNano":"%d","traceId":"%s"`, node["spanId"], c.began.UnixNano(), root["traceId"])
		want := fmt.Sprintf(`{"attributes":[%s,%s,%s,%s,%s],"endTimeUnixNano":"%d","kind":1,"name":"function","parentSpanId":"%s",%s}`,
			`{"key":"flowrun.node.id","value":{"stringValue":"f"}}`, `{"key":"flowrun.node.type","value":{"stringValue":"function"}}`,
			`{"key":"flowrun.flow","value":{"stringValue":"t"}}`, `{"key":"session.id","value":{"stringValue":"s1"}}`,
			`{"key":"error.type","value":{"stringValue":"TypeError"}}`,
			c.began.UnixNano(), root["spanId"], strings.Replace(ids, `,"traceId"`, `,"status":{"code":2,"message":"TypeError"},"traceId"`, 1))
		if got := text(node); got != want {
			t.Errorf("the node's span is\n%s, not\n%s", got, want)
		}
		if root["name"] != "tcp-listen Server" || root["parentSpanId"] != nil || root["status"] != nil || len(root["traceId"].(string)) != 32 || len(root["spanId"].(string)) != 16 {
			t.Errorf("the cause's span is %s", text(root))
		}
		if about := text(all["resource"]); !strings.Contains(about, `{"key":"service.name","value":{"stringValue":"flowrun"}}`) {
			t.Errorf("the resource is %s", about)
		}
		if c.headers.Get("Content-Type") != "application/json" || c.headers.Get("X-Key") != "planted" || c.headers.Get("User-Agent") != "flowrun/test" {
			t.Errorf("the headers are %v", c.headers)
		}
	})
}

// A collector that has too much to do gets the batch again.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{answers: []answer{{status: 503}, {status: 429, after: "5"}, {status: 200}}}
		tracer, log := start(t, c)
		cause(tracer, nil)
		if err := tracer.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(c.times) != 3 || c.bodies[0] != c.bodies[2] || log.Len() != 0 {
			t.Fatalf("%d requests; the log is %s", len(c.times), log)
		}
		first, second := c.times[1]-c.times[0], c.times[2]-c.times[1]
		if first < firstRetry/2 || first > firstRetry || second != 5*time.Second {
			t.Errorf("it tried again after %v and %v", first, second)
		}
	})
}

// The end waits for a busy collector, but no longer than it is told to.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &collector{answers: []answer{{status: 503}}}
		tracer, _ := start(t, c)
		cause(tracer, nil)
		soon, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := tracer.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closing: %v", err)
		}
		if took := time.Since(c.began); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// While the collector is away one line says so, and one that it is back.
func TestOneLineWhileTheCollectorIsAway(t *testing.T) {
	for name, away := range map[string]answer{
		"nobody there": {}, "not found": {status: 404}, "refused": {status: 200, body: `{"partialSuccess":{"rejectedSpans":"2","errorMessage":"planted"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &collector{answers: []answer{away, away, away, {status: 200, body: `{"partialSuccess":{}}`}}}
				tracer, log := start(t, c)
				for range 4 {
					cause(tracer, nil)
					time.Sleep(6 * time.Second) // in the bubble; a batch goes out after 5
				}
				if err := tracer.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				lines := strings.Split(strings.TrimSpace(log.String()), "\n")
				if len(c.bodies) != 4 || len(lines) != 2 || !strings.Contains(lines[0], "do not reach") || !strings.Contains(lines[1], `"spans lost"=6`) || strings.Contains(log.String(), "planted") {
					t.Errorf("after %d requests the log is\n%s", len(c.bodies), log)
				}
			})
		})
	}
}

func TestSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endpoint, err := ParseEndpoint("http://collector")
		if err != nil {
			t.Fatal(err)
		}
		tracer, err := New(Options{Endpoint: endpoint, Sample: 0, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if s := tracer.Cause(runtime.Info{Type: "tcp-listen"}, time.Now()); s != nil {
			t.Error("with --otlp-sample 0 there is a span")
		}
		if err := tracer.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&flow.Error{Name: "TypeError", Message: "secret"}, "TypeError"},
		{&flow.Error{Name: "TypeError", Code: "ECONNREFUSED"}, "ECONNREFUSED"},
		{&flow.Error{Message: "secret"}, "Error"},
		{&flow.Error{Name: "what a script calls it"}, otherKind},
		{fmt.Errorf("reading: %w", syscall.ECONNRESET), "ECONNRESET"},
		{fmt.Errorf("asking: %w", context.DeadlineExceeded), "timeout"},
		{errors.New("secret"), otherKind},
	} {
		if got := kindOf(c.err); got != c.want {
			t.Errorf("the kind of %v is %s, not %s", c.err, got, c.want)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	for text, want := range map[string]string{
		"http://127.0.0.1:4318":             "http://127.0.0.1:4318/v1/traces",
		"https://collector.example/otlp/":   "https://collector.example/otlp/v1/traces",
		"http://localhost:4318/v1/traces":   "http://localhost:4318/v1/traces",
		"localhost:4318":                    "",
		"grpc://localhost:4317":             "",
		"http://user:secret@localhost:4318": "",
		"http://localhost:4318?key=secret":  "",
	} {
		u, err := ParseEndpoint(text)
		switch {
		case want == "" && (err == nil || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: %v", text, err)
		case want != "" && (err != nil || u.String() != want):
			t.Errorf("%s is %v, %v; want %s", text, u, err, want)
		}
	}
}

func TestParseHeaders(t *testing.T) {
	h, err := ParseHeaders("x-key=a%2Cb, Authorization=Basic%20YTpi=,,")
	if err != nil || len(h) != 2 || h.Get("X-Key") != "a,b" || h.Get("Authorization") != "Basic YTpi=" {
		t.Errorf("the headers are %v, %v", h, err)
	}
	for _, text := range []string{"a=b,secret", "a=b,se cret=1", "a=b,c=secret%0A", "a=b,c=secret%"} {
		if _, err := ParseHeaders(text); err == nil || !strings.Contains(err.Error(), "entry 2") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
