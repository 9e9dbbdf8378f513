package runtime

import (
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// What an instance kept goes with it; what a source waits for is still ended by
// the task that the instance has posted for that.
func TestAStoppedInstanceKeepsNothing(t *testing.T) {
	p := &place{loop: &loop{}}
	cause := flow.NewCause(nil)
	done := p.Hold(cause, nil)
	dropped := p.Hold(nil, flow.NewMessage())
	p.stopped()
	if len(p.holds) != 1 {
		t.Errorf("%d messages are held, want the one with a cause", len(p.holds))
	}
	dropped(nil)
	done(nil)
	if len(p.holds) != 0 {
		t.Errorf("%d messages are held at the end", len(p.holds))
	}
}

// Who gives a node a command must not wait for ever if a deploy removes the node
// in the meantime.
func TestACommandForANodeThatIsGone(t *testing.T) {
	r := New(Options{})
	l := newLoop(r, "f")
	r.loops["f"] = l
	r.places["n"] = &place{info: Info{ID: "n"}, loop: l, gone: true}
	if err := r.Command(t.Context(), "n", "inject", nil); !errors.Is(err, ErrNoNode) {
		t.Errorf("error %v, want ErrNoNode", err)
	}
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
