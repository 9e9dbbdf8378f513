package admin_test

import (
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	s := newSecured(t, users(t))
	expect(t, s.do("GET", "/healthz", ""), 200, `{"status":"ok"}`)
	expect(t, s.do("GET", "/readyz", ""), 503, `{"status":"not ready","reason":"nothing is deployed yet"}`)
	expect(t, s.as(adminToken, "POST", "/flows", twoNodes), 204, "")
	expect(t, s.do("GET", "/readyz", ""), 200, `{"status":"ready"}`)
}

func TestMetrics(t *testing.T) {
	s := newServer(t)
	s.do("POST", "/flows", `[{"id":"t","type":"tab"},{"id":"p","type":"plain","z":"t","x":1,"y":1,"name":"A \"b\"","wires":[]}]`)
	expect(t, s.do("POST", "/tap/nodes/p/receive", `{"msg":{}}`), 200, "…")
	w := s.do("GET", "/metrics", "")
	for _, line := range []string{
		`flowrun_build_info{version="test"} 1`,
		`flowrun_ready 1`,
		`flowrun_node_received_total{flow="t",name="A \"b\"",node="p",type="plain"} 1`,
		`flowrun_node_queue_length{flow="t",name="A \"b\"",node="p",type="plain"} 0`,
		`flowrun_flow_latency_seconds_bucket{flow="t",le="+Inf"} 1`,
		`flowrun_session_bytes_total{direction="in",kind="tcp"} 0`,
		`flowrun_connections_refused_total 0`,
		`flowrun_session_timeouts_total 0`,
	} {
		if !strings.Contains(w.Body.String(), line+"\n") {
			t.Errorf("the metrics have no %s", line)
		}
	}
	if w.Code != 200 || !strings.Contains(w.Body.String(), "\ngo_goroutines ") || t.Failed() {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}
