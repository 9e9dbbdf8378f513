package admin_test

import (
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestStatus(t *testing.T) {
	s := newServer(t)
	s.do("POST", "/flows", `[{"id":"t","type":"tab"},{"id":"off","type":"tab","disabled":true},
		{"id":"a","type":"plain","z":"t","x":1,"y":1,"name":"Alpha","wires":[]},
		{"id":"b","type":"plain","z":"t","x":1,"y":2,"wires":[]},
		{"id":"c","type":"plain","z":"t","x":1,"y":3,"wires":[]}]`)
	for path, body := range map[string]string{
		"/tap/nodes/a/status":  `{"status":{"fill":"red","shape":"ring","text":"gone"}}`,
		"/tap/nodes/b/status":  `{"status":{"fill":"green","shape":"dot","text":"fine"}}`,
		"/tap/nodes/c/error":   `{"error":"on purpose"}`,
		"/tap/nodes/b/receive": `{"msg":{}}`,
	} {
		if w := s.do("POST", path, body); w.Code != 200 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	v, err := flow.ParseJSON(s.do("GET", "/status", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := v.(*flow.Object)
	if up, ok := got.Get("uptime").(float64); !ok || up <= 0 {
		t.Errorf("the uptime is %v", got.Get("uptime"))
	}
	got.Delete("started")
	got.Delete("uptime")
	want := `{"version":"test","flows":1,"nodes":3,"sessions":0,"received":1,"errors":1,
		"badges":[{"id":"a","type":"plain","name":"Alpha","z":"t","status":{"fill":"red","shape":"ring","text":"gone"}}],
		"failed":[{"id":"c","type":"plain","z":"t","errors":1}]}`
	if want = strings.NewReplacer("\n", "", "\t", "").Replace(want); flow.JSON(got) != want {
		t.Errorf("got  %s\nwant %s", flow.JSON(got), want)
	}
}
