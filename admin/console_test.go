package admin_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Whatever a message of a flow contains, a browser must run nothing but the
// console's own files.
func TestConsoleFiles(t *testing.T) {
	s := newServer(t)
	names := []string{"/"}
	files, err := fs.Glob(os.DirFS("console"), "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		names = append(names, "/console/"+name)
	}
	for _, name := range names {
		w := s.do("GET", name, "")
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != 200 || !strings.Contains(policy, "default-src 'none'; script-src 'self';") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %d with the policy %q", name, w.Code, policy)
		}
		again := s.do("GET", name, "", "If-None-Match", w.Header().Get("ETag"))
		if again.Code != 304 {
			t.Errorf("%s: %d for what the browser has already", name, again.Code)
		}
		for _, foreign := range []string{"http://", "https://", "innerHTML", "<style", "onclick=", "style="} {
			text := strings.ReplaceAll(w.Body.String(), "http://www.w3.org/2000/svg", "")
			if strings.Contains(text, foreign) {
				t.Errorf("%s contains %s", name, foreign)
			}
		}
	}
	expect(t, s.do("GET", "/console/console.go", ""), 404, "…")
	expect(t, s.do("GET", "/console/..%2fdebug.html", ""), 404, "…")
}

func TestConsoleFlows(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("GET", "/console/flows", ""), 200, `{"rev":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945","tabs":[],"nodes":[],"sources":[],"looks":{},"labels":{}}`)
	byHand := "label: By hand\nnodes:\n  b1: {type: button, wires: p1}\n  p1: {type: plain}\n"
	expect(t, s.do("POST", "/console/deploy?name=f.yaml", byHand), 200, `{"rev":…`)
	var got struct {
		Tabs  []struct{ ID, Label string }
		Nodes []struct {
			ID   string
			X, Y float64
		}
		Looks  map[string]struct{ Color, Icon string }
		Labels map[string]string
	}
	if err := json.Unmarshal(s.do("GET", "/console/flows", "").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Tabs, got.Nodes) != "[{f.yaml By hand}] [{f.yaml 0 0} {b1 140 80} {p1 360 80}]" {
		t.Errorf("got %v", got)
	}
	if l := got.Looks["plain"]; l.Color != "#eeeeee" || l.Icon == "" || got.Labels["p1"] != "plain" {
		t.Errorf("the looks are %v, the labels %v", got.Looks, got.Labels)
	}
}

func TestConsolePlan(t *testing.T) {
	s := newServer(t)
	expect(t, s.do("POST", "/console/plan?name=a.json&type=nodes", twoNodes), 200,
		`{"ok":true,"rev":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945","problems":[],"flows":[],`+
			`"add":[{"id":"b1","type":"button","name":"","z":""},{"id":"p1","type":"plain","name":"","z":""}],"restart":[],"remove":[],"rewire":[]}`)
	expect(t, s.do("GET", "/flows", ""), 200, `[]`)
	expect(t, s.do("POST", "/console/deploy?name=a.json&rev=0815", twoNodes), 409, `{"code":"version_mismatch"…`)
	expect(t, s.do("POST", "/console/deploy?name=a.json", twoNodes), 200, `{"rev":"`+revTwoNodes+`"}`)
	expect(t, s.do("POST", "/console/plan?name=a.json&type=nodes", `[{"id":"p1","type":"plain","port":"8"}]`), 200,
		`{"ok":true,"rev":"`+revTwoNodes+`","problems":[],"flows":[],"add":[],"restart":[{"id":"p1","type":"plain","name":"","z":""}],`+
			`"remove":[{"id":"b1","type":"button","name":"","z":""}],"rewire":[]}`)
	expect(t, s.do("POST", "/console/plan?name=a.json&type=half", `[]`), 400, `{"code":"invalid_deployment_type"…`)

	for _, path := range []string{"/console/plan", "/console/deploy"} {
		w := s.do("POST", path+"?name=a.json", "[\n{\"id\":\"a\",\"type\":\"nonsense\"},]")
		if !strings.Contains(w.Body.String(), `"line":2`) && path == "/console/plan" || !strings.Contains(w.Body.String(), `"problems":[{"severity":"error"`) {
			t.Errorf("%s answered %d %s", path, w.Code, w.Body)
		}
	}
	expect(t, s.do("GET", "/flows", ""), 200, twoNodes)
}

// expectAll reads frames until each of these texts has been in one.
func (s *socket) expectAll(texts ...string) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for len(texts) > 0 {
		if time.Now().After(deadline) {
			s.t.Fatalf("no frame has %q", texts)
		}
		frame := s.read()
		texts = slices.DeleteFunc(texts, func(text string) bool { return strings.Contains(frame, text) })
	}
}

func TestConsoleFeed(t *testing.T) {
	l := newLoopback(t, nil)
	s := l.open("/console/ws")
	s.expectAll(`{"t":"hello","version":"test"}`)
	l.deploy(speakers)
	s.expectAll(`{"t":"flows"}`)
	s.expectAll(`"s1":[0,0,0,0]`)
	if code, text := l.do("POST", "/tap/nodes/s1/receive", `{"msg":{"payload":"<script>"}}`); code >= 300 {
		t.Fatalf("%d %s", code, text)
	}
	s.expectAll(`"s1":[1,0,0,1]`, `"p1":[1,0,0]`, `"badges":{"s1":{"text":"<script>","fill":"green","shape":"dot"}}`)

	// A page that comes later is told all that there is, and so is one that
	// begins to watch.
	late := l.open("/console/ws")
	late.expectAll(`"all":true`, `"s1":[1,0,0,1]`, `"badges":{"s1":`)
	late.send(`{"op":"watch","outputs":[["s1",0],["s1",1],["nobody",0],7]}`)
	late.expectAll(`{"t":"messages","node":"s1","port":0,"list":[`, `\"payload\":\"<script>\"`)
	for range 100 {
		if code, text := l.do("POST", "/tap/nodes/s1/send", `{"msg":{"payload":"second"}}`); code >= 300 {
			t.Fatalf("%d %s", code, text)
		}
	}
	late.expectAll(`{"t":"messages","node":"s1","port":0,"list":[`, `second`)

	if code, text := l.do("POST", "/tap/nodes/p1/warn", `{"text":"careful"}`); code >= 300 {
		t.Fatalf("%d %s", code, text)
	}
	s.expectAll(`{"t":"log","list":[{"level":30,"id":"p1"`, `"msg":"careful"`, `"lost":0}`)
	for range 200 {
		l.comms.Publish("debug", func() *flow.Object { return flow.NewObject("id", "p1", "msg", "shown", "format", "string[5]") })
	}
	s.expectAll(`"msg":"shown","format":"string[5]"}],"lost":175}`)
	s.expectAll(`"t":"sessions","open":0`)
}
