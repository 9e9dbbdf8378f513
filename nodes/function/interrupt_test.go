package function

import (
	"testing"

	"github.com/dop251/goja"
)

// The timeout of a script that has ended meanwhile must not hit the next one.
func TestTimeoutOfAScriptThatHasEnded(t *testing.T) {
	var i interrupter
	rt := goja.New()
	first := i.begin(rt)
	i.end()
	second := i.begin(rt)
	i.fireIn(first, errStopped)
	if _, err := rt.RunString("1"); err != nil {
		t.Errorf("the second script was interrupted: %v", err)
	}
	i.fireIn(second, errStopped)
	if _, err := rt.RunString("1"); err == nil {
		t.Error("the second script was not interrupted at its own time")
	}
	i.end()
}
