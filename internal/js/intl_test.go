package js_test

import (
	"os"
	"testing"

	"github.com/flowrun/flowrun/internal/js"
)

// TestIntl evaluates expressions that Node.js has evaluated; testdata/intl.mjs has
// the command.
func TestIntl(t *testing.T) {
	file := "testdata/intl.txt"
	if wide := os.Getenv("INTL_CASES"); wide != "" {
		file = wide
	}
	testRecorded(t, file, 600)
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
