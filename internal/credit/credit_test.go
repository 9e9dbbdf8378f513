package credit

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool(2)
		first, _ := p.Take(t.Context())
		first.Hold()
		second, _ := p.Take(t.Context())
		second.Hold()
		got := false
		go func() {
			_, got = p.Take(t.Context())
		}()
		synctest.Wait()
		if got {
			t.Fatal("there was a third credit")
		}
		first.Done()
		synctest.Wait()
		if !got {
			t.Error("the credit did not come back")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, ok := p.Take(ctx); ok {
			t.Error("a credit without one in the pool")
		}
	})
}
