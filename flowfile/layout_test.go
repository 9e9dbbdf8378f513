package flowfile_test

import (
	"fmt"
	"testing"

	"github.com/flowrun/flowrun/flowfile"
)

func TestLayoutPlacesNodesWrittenByHand(t *testing.T) {
	f, problems := flowfile.Parse("x.yaml", []byte(`
nodes:
  in: {type: tcp-listen, wires: [[], work]}
  work: {type: function, wires: send}
  other: {type: function, wires: send}
  send: {type: tcp-send, wires: [[], work]}
  placed: {type: debug, x: 7, y: 9}
`))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	f.Layout()
	want := map[string]string{"in": "140,80", "work": "360,80", "other": "140,140", "send": "580,80", "placed": "7,9"}
	again, problems := flowfile.Parse("x.json", f.JSON())
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for id, position := range want {
		n := again.Lookup(id)
		if got := fmt.Sprintf("%v,%v", n.Props.Get("x"), n.Props.Get("y")); got != position || !n.OnCanvas {
			t.Errorf("%s stands at %s, want %s", id, got, position)
		}
	}
}
