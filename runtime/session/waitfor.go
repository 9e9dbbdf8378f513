package session

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
	"github.com/flowrun/flowrun/internal/sockets"
)

// WaitFor is what a claim holds lines back for. A nil WaitFor stands for none
// of its own: whoever claims a session with it goes on with the previous one.
type WaitFor struct {
	re *jsregexp.Regexp // nil: hold nothing back
}

// ParseWaitFor compiles a pattern, a JavaScript regular expression without
// flags. It is trimmed first; what is empty then holds nothing back.
func ParseWaitFor(pattern string) (*WaitFor, error) {
	pattern = flow.TrimSpace(pattern)
	if pattern == "" {
		return &WaitFor{}, nil
	}
	re, err := jsregexp.Compile(pattern, "")
	if err != nil {
		return nil, err
	}
	return &WaitFor{re: re}, nil
}

// holds tells whether lines are held back.
func (w *WaitFor) holds() bool { return w != nil && w.re != nil }

func (w *WaitFor) matches(line string) bool { return w.re.MatchString(line) }

// BadWaitFor is the badge of a node whose waitFor is no regular expression. The
// node works as if it had none.
func BadWaitFor() *flow.Object { return flow.Badge("red", "ring", "bad waitFor regex") }

// StreamOptions returns the options that the properties mode, waitFor and timeout
// of a node make. A waitFor that is no regular expression shows in its badge.
func StreamOptions(env flow.Env, mode, waitFor string, timeout flow.Value) Options {
	w, err := ParseWaitFor(waitFor)
	if err != nil {
		env.Status(BadWaitFor())
	}
	return Options{Node: env.ID, Line: mode == "line", WaitFor: w, Timeout: sockets.Milliseconds(timeout)}
}
