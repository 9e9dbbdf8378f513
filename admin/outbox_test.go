package admin

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutbox(t *testing.T) {
	o := newOutbox(func(n int) []byte { return []byte("lost " + strconv.Itoa(n)) })
	o.limit = 3
	offer := func(texts ...string) {
		for _, text := range texts {
			o.offer(func() []byte { return []byte(text) })
		}
	}
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for _, text := range o.take() {
			got = append(got, string(text))
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	expect()
	offer("a", "b")
	<-o.ready
	expect("a", "b")
	offer("aa", "bb", "cc", "d")
	expect("aa", "bb", "lost 2")
	offer("e")
	expect("e")
	offer("long", "lost")
	o.push([]byte("reply"))
	offer("lost", "lost too")
	o.push([]byte("reply"))
	expect("long", "lost 1", "reply", "lost 2", "reply")
	offer("f")
	expect("f")
}

// A client that takes nothing for a while is behind, however little waits.
func TestOutboxOfAStuckClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		o := newOutbox(func(n int) []byte { return []byte("lost " + strconv.Itoa(n)) })
		var written []string
		reads := make(chan struct{}) // the client
		var writing sync.WaitGroup
		writing.Go(func() {
			o.writeWith(ctx, func(text []byte) error {
				<-reads
				written = append(written, string(text))
				return nil
			})
		})
		offer := func(texts ...string) {
			for _, text := range texts {
				o.offer(func() []byte { return []byte(text) })
			}
			synctest.Wait()
		}
		behind := func(want bool) {
			t.Helper()
			if o.gap.IsOpen() != want {
				t.Errorf("behind: %v, want %v", !want, want)
			}
		}
		offer("a")
		offer("b")
		time.Sleep(outboxPatience - 1) // in the bubble
		offer("c")
		behind(false)
		time.Sleep(time.Nanosecond) // in the bubble
		offer("d")
		behind(true)
		offer("e", "f")
		reads <- struct{}{} // a
		synctest.Wait()
		behind(false)
		reads <- struct{}{} // b
		reads <- struct{}{} // c
		reads <- struct{}{} // lost
		synctest.Wait()
		behind(false)
		time.Sleep(outboxPatience) // in the bubble; nothing is being written
		offer("g")
		behind(false)
		reads <- struct{}{}
		cancel()
		writing.Wait()
		if want := []string{"a", "b", "c", "lost 3", "g"}; !slices.Equal(written, want) {
			t.Errorf("written %q, want %q", written, want)
		}
	})
}

// Less may wait for a client that begins to look as if it did not read.
func TestOutboxOfADoubtfulClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(func(n int) []byte { return []byte("lost " + strconv.Itoa(n)) })
		const doubtful = 1000
		o.doubtful = doubtful
		offer := func(size int, behind bool) {
			t.Helper()
			o.offer(func() []byte { return make([]byte, size) })
			if o.gap.IsOpen() != behind {
				t.Errorf("after %d bytes more: behind: %v, want %v", size, !behind, behind)
			}
		}
		o.writes(time.Now())
		offer(doubtful, false)
		time.Sleep(outboxDoubt) // in the bubble
		offer(1, false)
		offer(1, true)
		o.take()
		offer(doubtful+1, false)
		o.writes(time.Now()) // the client has read
		offer(1, false)
	})
}

// What comes within 50 ms is sent together, and a client that hears nothing for
// 15 s gets a heartbeat.
func TestCommsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var sent []string
		began := time.Now()
		c := &commsClient{out: newOutbox(nil), send: func(_ context.Context, text []byte) error {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, strconv.FormatInt(time.Since(began).Milliseconds(), 10)+" "+string(text))
			return nil
		}}
		var writing sync.WaitGroup
		writing.Go(func() { c.write(ctx) })
		c.out.push([]byte("1"))
		time.Sleep(40 * time.Millisecond) // in the bubble
		c.out.push([]byte("2"))
		time.Sleep(time.Second) // in the bubble
		for range 51 {
			c.out.push([]byte("3"))
		}
		time.Sleep(20 * time.Second) // in the bubble
		cancel()
		writing.Wait()
		hb := strconv.FormatInt(began.UnixMilli()+16190, 10)
		want := []string{"50 [1,2]", "1090 [" + strings.Repeat("3,", 49) + "3]", "1140 [3]", `16240 [{"topic":"hb","data":` + hb + `}]`}
		if !slices.Equal(sent, want) {
			t.Errorf("sent\n%s\nwant\n%s", strings.Join(sent, "\n"), strings.Join(want, "\n"))
		}
	})
}
