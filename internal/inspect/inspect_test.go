package inspect

import (
	"bufio"
	"math"
	"os"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// testdata/inspect.ndjson is what util.inspect of Node.js prints with a depth
// of 10: each line has a value as JSON text and the text printed.
func TestValue(t *testing.T) {
	file, err := os.Open("testdata/inspect.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line, err := flow.ParseJSON(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		pair := line.(flow.Array)
		value, err := flow.ParseJSON([]byte(pair[0].(string)))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := Value(value, 10), pair[1].(string); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestSpecials(t *testing.T) {
	v := flow.NewObject("u", nil, "d", flow.Date(0), "b", flow.Buffer("hello"), "z", math.Copysign(0, -1))
	if got, want := Value(v, 10), "{\n  u: undefined,\n  d: 1970-01-01T00:00:00.000Z,\n  b: <Buffer 68 65 6c 6c 6f>,\n  z: -0\n}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	deep := flow.NewObject("a", flow.NewObject("b", flow.NewObject("c", flow.NewObject("d", flow.Array{1.0}), "l", flow.Array{})))
	if got, want := Value(deep, 2), "{ a: { b: { c: [Object], l: [] } } }"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
