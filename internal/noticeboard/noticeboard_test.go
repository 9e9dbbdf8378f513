package noticeboard

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Board
		n := 0
		go func() {
			for range 3 {
				time.Sleep(time.Second) // the bubble sleeps
				b.Update(func() { n++ })
			}
		}()
		three := func() bool { return n == 3 }
		if b.Wait(t.Context(), 2500*time.Millisecond, three) {
			t.Error("the third came too early")
		}
		if !b.Wait(t.Context(), time.Second, three) {
			t.Error("the third did not come")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if b.Wait(ctx, time.Hour, func() bool { return n == 4 }) {
			t.Error("a wait without end came to one")
		}
	})
}
