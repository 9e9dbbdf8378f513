package js_test

import (
	"os"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/internal/js"
)

// testRecorded evaluates expressions that Node.js has evaluated: the file has one a
// line, with a tab and the value as JSON. An exception counts as its name, code and
// message.
func testRecorded(t *testing.T, file string, atLeast int) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	vm := js.New()
	if _, err := vm.Runtime.RunString(`
		function evaluate(expression) {
			try {
				return JSON.stringify((0, eval)(expression));
			} catch (e) {
				return JSON.stringify(e.name + (e.code ? ' [' + e.code + ']' : '') + ': ' + e.message);
			}
		}`); err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		expression, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			t.Fatalf("no expression and value: %q", line)
		}
		_ = vm.Runtime.Set("expression", expression)
		v, err := vm.Runtime.RunString("evaluate(expression)")
		if err != nil {
			t.Fatal(err)
		}
		if got := v.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", expression, got, want)
		}
		n++
	}
	if n < atLeast {
		t.Errorf("there are only %d cases", n)
	}
}
