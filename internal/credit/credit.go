// Package credit makes a source wait for the flows: a node that reads a file, a
// pipe or a socket takes a credit for each piece that it posts, and gets it back
// when all that the piece set off is done.
package credit

import (
	"context"

	"github.com/flowrun/flowrun/flow"
)

// Pool holds the credits of one source. It is safe for concurrent use.
type Pool struct{ taken chan struct{} }

// NewPool returns a pool of n credits.
func NewPool(n int) *Pool { return &Pool{make(chan struct{}, n)} }

// Take waits for a credit and returns a cause that gives it back when it ends.
// It is false if ctx ends before.
func (p *Pool) Take(ctx context.Context) (*flow.Cause, bool) {
	select {
	case p.taken <- struct{}{}: // most often; to ask a context costs something
	default:
		select {
		case p.taken <- struct{}{}:
		case <-ctx.Done():
			return nil, false
		}
	}
	return flow.NewCause(p), true
}

// Release implements [flow.Releaser].
func (p *Pool) Release() { <-p.taken }
