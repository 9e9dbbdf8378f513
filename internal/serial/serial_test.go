package serial

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
)

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q Queue
		var ran []int
		gate := make(chan struct{})
		for i := range 3 {
			q.Add(func() {
				<-gate
				ran = append(ran, i)
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if q.Wait(ctx) == nil {
			t.Error("Wait did not wait")
		}
		close(gate)
		if err := q.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		q.Add(func() { ran = append(ran, 3) })
		if err := q.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if !slices.Equal(ran, []int{0, 1, 2, 3}) {
			t.Errorf("ran %v", ran)
		}
		if err := q.Wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
