package js_test

import (
	"os"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/internal/js"
)

// TestIntl evaluates expressions that Node.js has evaluated; testdata/intl.mjs has
// the command. An exception counts as its name and message.
func TestIntl(t *testing.T) {
	file := "testdata/intl.txt"
	if wide := os.Getenv("INTL_CASES"); wide != "" {
		file = wide
	}
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
				return JSON.stringify(e.name + ': ' + e.message);
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
	if n < 600 {
		t.Errorf("there are only %d cases", n)
	}
}

// TestIntlLocalZone sees that the machine's time zone has a name that can be asked for.
func TestIntlLocalZone(t *testing.T) {
	v, err := js.New().Runtime.RunString(`
		const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
		[0, Date.UTC(2024, 6, 15)].every((ms) =>
			new Date(ms).toLocaleString('sv') === new Date(ms).toLocaleString('sv', {timeZone: zone}) &&
			new Date(ms).toLocaleTimeString('sv').slice(0, 2) === String(new Date(ms).getHours()).padStart(2, '0'))`)
	if err != nil || !v.ToBoolean() {
		t.Errorf("got %v, %v", v, err)
	}
}

// TestIntlReplaced sees that a script may have an Intl of its own.
func TestIntlReplaced(t *testing.T) {
	v, err := js.New().Runtime.RunString("Intl = 5; Number.prototype.toLocaleString = () => 'mine'; Intl + (1).toLocaleString()")
	if err != nil || v.String() != "5mine" {
		t.Errorf("got %v, %v", v, err)
	}
}
