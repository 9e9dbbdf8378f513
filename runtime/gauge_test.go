package runtime

import (
	"context"
	"testing"
	"testing/synctest"
)

// Who waits for what is under way does not wait for what comes in meanwhile; who
// wants it quiet does.
func TestGauge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGauge()
		first := g.add()
		var waited, quiet bool
		go func() { waited = g.wait(t.Context()) == nil }()
		synctest.Wait()
		second := g.add()
		go func() { quiet = g.quiet(t.Context()) == nil }()
		synctest.Wait()
		if waited || quiet {
			t.Error("the first has not ended")
		}
		first.Release()
		synctest.Wait()
		if !waited || quiet {
			t.Errorf("the first has ended: waited %t, quiet %t", waited, quiet)
		}
		third := g.add()
		second.Release()
		synctest.Wait()
		if quiet {
			t.Error("the third has not ended")
		}
		go func() { _ = g.wait(t.Context()) }() // another wait takes the third with it
		synctest.Wait()
		fourth := g.add()
		third.Release()
		third = fourth
		synctest.Wait()
		if quiet {
			t.Error("the fourth has not ended")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if g.wait(ctx) == nil {
			t.Error("a wait outlives its context")
		}
		third.Release() // of a generation that a wait has given up
		synctest.Wait()
		if !quiet || g.wait(ctx) != nil {
			t.Errorf("all have ended: quiet %t", quiet)
		}
	})
}
