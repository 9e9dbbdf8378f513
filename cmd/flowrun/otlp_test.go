package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// collector takes traces by OTLP.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	all   strings.Builder // bodies of the requests
	spans []span
}

// span is what the tests want to know of one.
type span struct {
	TraceID      string `json:"traceId"`
	SpanID       string `json:"spanId"`
	ParentSpanID string `json:"parentSpanId"`
	Name         string `json:"name"`
	Attributes   []struct {
		Key   string `json:"key"`
		Value struct {
			Text string `json:"stringValue"`
		} `json:"value"`
	} `json:"attributes"`
	Status struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
}

func (s span) attribute(key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.Text
		}
	}
	return ""
}

// newCollector returns one that wants the header X-Key.
func newCollector(t *testing.T, key string) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request struct {
			ResourceSpans []struct {
				ScopeSpans []struct {
					Spans []span `json:"spans"`
				} `json:"scopeSpans"`
			} `json:"resourceSpans"`
		}
		if err != nil || json.Unmarshal(body, &request) != nil || r.Method != "POST" || r.URL.Path != "/v1/traces" || r.Header.Get("X-Key") != key {
			t.Errorf("the collector got %s %s with %d bytes, %v", r.Method, r.URL.Path, len(body), err)
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all.Write(body)
		for _, rs := range request.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				c.spans = append(c.spans, ss.Spans...)
			}
		}
		_, _ = io.WriteString(w, "{}") // the client sees it if this fails
	}))
	t.Cleanup(c.Close)
	return c
}

// tree returns the spans of each trace: the root, then what is below it, by name.
func (c *collector) tree() [][]span {
	c.mu.Lock()
	defer c.mu.Unlock()
	traces := map[string][]span{}
	var order []string
	for _, s := range c.spans {
		if traces[s.TraceID] == nil {
			order = append(order, s.TraceID)
		}
		traces[s.TraceID] = append(traces[s.TraceID], s)
	}
	var list [][]span
	for _, id := range order {
		spans := traces[id]
		slices.SortFunc(spans, func(a, b span) int {
			return strings.Compare(a.ParentSpanID, b.ParentSpanID)*2 + strings.Compare(a.Name, b.Name)
		})
		list = append(list, spans)
	}
	return list
}

// echoWithFunction is an echo server for lines, whose function throws what it
// does not like.
func echoWithFunction(port int) string {
	return fmt.Sprintf(`[{"id":"t","type":"tab"},
		{"id":"in","type":"tcp-listen","z":"t","x":1,"y":1,"name":"Server","host":"127.0.0.1","port":%d,"mode":"line","wires":[[],["f"]]},
		{"id":"f","type":"function","z":"t","x":2,"y":1,"name":"upper","func":"if (msg.payload == 'planted-bad') { throw new TypeError(msg.payload) } msg.payload = msg.payload.toUpperCase(); return msg;","wires":[["out"]]},
		{"id":"out","type":"tcp-send","z":"t","x":3,"y":1,"lineTerminator":"lf","wires":[[],["f"]]}]`, port)
}

func TestOtlpOfAnEchoServer(t *testing.T) {
	c := newCollector(t, "planted-key")
	t.Setenv(otlpHeadersEnv, "x-key=planted-key")
	s := serve(t, "--otlp", c.URL)
	port := freePort(t)
	s.do("POST", "/flows", echoWithFunction(port), 204)
	s.await(`listening`)
	conn := dial(t, port)
	for _, line := range []string{"planted-one\n", "planted-two\n"} {
		if _, err := io.WriteString(conn, line); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(line))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != strings.ToUpper(line) {
			t.Fatalf("the echo of %q is %q, %v", line, got, err)
		}
	}
	if _, err := io.WriteString(conn, "planted-bad\n"); err != nil {
		t.Fatal(err)
	}
	s.await(`planted-bad`) // in the log, where the flow's errors are
	s.end()

	var got []string
	for _, spans := range c.tree() {
		root, line := spans[0], spans[0].Name
		for _, node := range spans[1:] {
			line += " > " + node.Name
			if node.ParentSpanID != root.SpanID || !strings.HasPrefix(node.attribute("session.id"), "sess-") || node.attribute("flowrun.flow") != "t" {
				t.Errorf("the span of a node is %+v below %+v", node, root)
			}
			if node.Status.Code != 0 {
				line += fmt.Sprintf(" failed %d %s", node.Status.Code, node.Status.Message)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"tcp-listen Server > function upper > tcp-send", // which has the session's data from then on
		"tcp-send > function upper > tcp-send",
		"tcp-send > function upper failed 2 TypeError",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the traces are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strings.Contains(strings.ToLower(c.all.String()), "planted") {
		t.Errorf("the traces have what is in the messages: %s", c.all.String())
	}
	if s.logged("planted-key") {
		t.Error("the log has a header")
	}
}

// A collector that is not there is worth one line, and costs the flows nothing.
func TestOtlpWithoutACollector(t *testing.T) {
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "1") // ms
	s := serve(t, "--otlp", fmt.Sprintf("http://127.0.0.1:%d", freePort(t)))
	port := freePort(t)
	s.do("POST", "/flows", echoFlow(port, "e"), 204)
	s.await(`listening`)
	conn := dial(t, port)
	expectEcho(t, conn, "first\n")
	s.await(`WARN .*traces do not reach the collector`)
	for range 200 {
		expectEcho(t, conn, "hello\n")
	}
	s.end()
	if n := strings.Count(strings.Join(s.log, "\n"), "WARN"); n != 1 {
		t.Errorf("%d warnings:\n%s", n, strings.Join(s.log, "\n"))
	}
}
