package admin_test

import (
	"fmt"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestComms(t *testing.T) {
	l := newLoopback(t, nil)
	l.comms.Publish("debug", func() *flow.Object { t.Error("nobody listens"); return nil })
	l.deploy(speakers)
	s := l.open("/comms")
	s.send(`{"auth":"whatever"}`)
	s.expect(`{"auth":"ok"}`)
	l.comms.Publish("debug", func() *flow.Object { return flow.NewObject("msg", "hi") })
	s.expect(`[{"topic":"debug","data":{"msg":"hi"}}]`)

	l.expect("POST", "/tap/nodes/s1/status", `{"status":{"fill":"red","text":"x","more":1}}`, 200, `{"ok":true}`)
	s.expect(`[{"topic":"status/s1","data":{"text":"x","fill":"red"}}]`)
	l.expect("POST", "/tap/nodes/s1/warn", `{"text":"careful"}`, 200, `{"ok":true}`)
	s.expect(`[{"topic":"debug","data":{"level":30,"id":"s1","type":"speaker","z":"f1","name":"S","msg":"careful","path":"f1","format":"string[7]"}}]`)

	kept := `{"topic":"status/s1","data":{"text":"x","fill":"red"}}`
	_, v2 := l.do("GET", "/flows", "", "Node-RED-API-Version", "v2")
	v, err := flow.ParseJSON([]byte(v2))
	if err != nil {
		t.Fatal(err)
	}
	deployed := fmt.Sprintf(`{"topic":"notification/runtime-deploy","data":{"revision":%q}}`, v.(*flow.Object).Get("rev"))
	for _, test := range []struct{ pattern, want string }{
		{"status/#", kept}, {"status/+", kept}, {"status/s1", kept}, {"+/runtime-deploy", deployed}, {"#", kept + "," + deployed},
	} {
		s.send(`{"subscribe":"nothing/here"}`)
		s.send(`{"subscribe":"` + test.pattern + `"}`)
		s.expect("[" + test.want + "]")
	}
	l.expect("POST", "/tap/nodes/s1/status", `{}`, 200, `{"ok":true}`)
	s.expect(`[{"topic":"status/s1","data":{}}]`)
}

// What comes faster than it is sent goes in batches.
func TestCommsBatches(t *testing.T) {
	l := newLoopback(t, nil)
	s := l.open("/comms")
	s.send(`{"auth":""}`)
	s.expect(`{"auth":"ok"}`)
	const published = 120
	for i := range published {
		l.comms.Publish("debug", func() *flow.Object { return flow.NewObject("n", float64(i)) })
	}
	for next := 0; next < published; {
		v, err := flow.ParseJSON([]byte(s.read()))
		if err != nil {
			t.Fatal(err)
		}
		batch := v.(flow.Array)
		if len(batch) > 50 {
			t.Errorf("a batch of %d", len(batch))
		}
		for _, entry := range batch {
			if n := entry.(*flow.Object).Get("data").(*flow.Object).Get("n"); n != float64(next) {
				t.Fatalf("entry %v came when %d was due", n, next)
			}
			next++
		}
	}
}

func TestDebugEndpoints(t *testing.T) {
	l := newLoopback(t, nil)
	l.deploy(speakers)
	s := l.open("/tap/ws?t=log")
	s.expect(`{"t":"hello","version":"test"}`)
	l.expect("POST", "/debug/s1/enable", "", 200, "OK")
	l.expect("POST", "/debug/s1/disable", "", 201, "Created")
	l.expect("POST", "/debug/disable", `{"nodes":["s1","p1","nobody"]}`, 201, "Created")
	for _, name := range []string{"enable", "disable", "disable"} {
		s.expect(`{"t":"log","log":{"level":30,"id":"s1","type":"speaker","z":"f1","name":"S","msg":"` + name + `","path":"f1"}}`)
	}
	l.expect("POST", "/debug/s1/toggle", "", 404, "Not Found")
	l.expect("POST", "/debug/nobody/enable", "", 404, "Not Found")
	l.expect("POST", "/debug/toggle", `{"nodes":[]}`, 404, "Not Found")
	l.expect("POST", "/debug/enable", `{}`, 400, "Bad Request")
	l.expect("POST", "/debug/enable", ``, 400, "Bad Request")
	l.expect("GET", "/debug/view/view.html", "", 200, "<!doctype html>…")
}
