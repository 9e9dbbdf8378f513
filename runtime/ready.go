package runtime

import (
	"errors"
	"fmt"
	"strings"
)

// Why flows do not run; see [Runtime.Ready].
var (
	ErrNoFlows  = errors.New("nothing is deployed yet")
	ErrStopping = errors.New("the flows are stopping")
)

// readiness is what Ready answers.
type readiness struct{ err error }

// readinessWith is that of a runtime whose flows have started, if there are all
// the types they need.
func readinessWith(missing []string) *readiness {
	if missing == nil {
		return &readiness{}
	}
	return &readiness{fmt.Errorf("nothing runs: there are no nodes of type %s", strings.Join(missing, ", "))}
}

// Ready returns nil while flows run, or else why they do not: [ErrNoFlows],
// [ErrStopping], or the types that are missing. A deploy that fails changes
// nothing about it, and one that is under way neither.
func (r *Runtime) Ready() error { return r.ready.Load().err }
