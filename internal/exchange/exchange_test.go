package exchange

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/internal/webroutes"
)

// begin returns an exchange and what its client gets.
func begin(ctx context.Context, header ...string) (*Exchange, *httptest.ResponseRecorder) {
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	return New(w, r, webroutes.Match{}), w
}

func TestAnswerInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := begin(t.Context())
		go func() {
			<-time.After(time.Minute)
			if err := e.Answer(Answer{Status: 201, Body: []byte("x")}); err != nil {
				t.Error(err)
			}
			if err := e.Answer(Answer{Status: 202}); !errors.Is(err, ErrAnswered) {
				t.Errorf("a second answer: %v", err)
			}
		}()
		if err := e.Wait(nil, time.Hour); err != nil || w.Code != 201 || w.Body.String() != "x" {
			t.Errorf("%v, %d %s", err, w.Code, w.Body)
		}
		synctest.Wait()
	})
}

func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, w := begin(t.Context())
		if err := e.Wait(nil, time.Hour); !errors.Is(err, ErrTimeout) || w.Code != 504 {
			t.Errorf("after an hour: %v, %d", err, w.Code)
		}
		stopped := make(chan struct{})
		close(stopped)
		e, w = begin(t.Context())
		if err := e.Wait(stopped, 0); !errors.Is(err, ErrStopped) || w.Code != 503 {
			t.Errorf("when the flow has stopped: %v, %d", err, w.Code)
		}
	})
}

// A client that has hung up is answered, since it may have closed its half of the
// connection only. If no answer comes it does not get that of net/http, which is 200.
func TestHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		e, w := begin(ctx)
		time.AfterFunc(halfOpen-time.Second, func() { _ = e.Answer(Answer{Status: 201}) })
		if err := e.Wait(nil, time.Hour); err != nil || w.Code != 201 {
			t.Errorf("the answer: %v, %d", err, w.Code)
		}
		e, _ = begin(ctx)
		defer func() {
			if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
				t.Errorf("without an answer: %v", got)
			}
			if err := e.Answer(Answer{Status: 200}); err != nil {
				t.Errorf("an answer for nobody: %v", err)
			}
		}()
		err := e.Wait(nil, 0)
		t.Errorf("without an answer Wait has returned %v", err)
	})
}

// Who hangs up has no more time for it than others.
func TestHungUpKeepsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, hangUp := context.WithCancel(t.Context())
		e, w := begin(ctx)
		time.AfterFunc(4*time.Second, hangUp)
		began := time.Now()
		if err := e.Wait(nil, 5*time.Second); !errors.Is(err, ErrTimeout) || w.Code != 504 || time.Since(began) != 5*time.Second {
			t.Errorf("%v, %d after %v", err, w.Code, time.Since(began))
		}
	})
}

// What the npm package fresh says of the same headers.
func TestFresh(t *testing.T) {
	const old, later = "Fri, 02 Jan 2026 03:04:05 GMT", "Sat, 03 Jan 2026 03:04:05 GMT"
	for _, c := range []struct {
		request []string
		tag     string
		changed string
		want    bool
	}{
		{nil, `"a"`, "", false},
		{[]string{"If-None-Match", `"a"`}, `W/"a"`, "", true},
		{[]string{"If-None-Match", `"b", W/"a"`}, `"a"`, "", true},
		{[]string{"If-None-Match", `"b"`}, `"a"`, "", false},
		{[]string{"If-None-Match", `*`}, "", "", true},
		{[]string{"If-None-Match", `"a"`}, "", "", false},
		{[]string{"If-None-Match", `"a"`, "Cache-Control", "no-cache"}, `"a"`, "", false},
		{[]string{"If-Modified-Since", later}, "", old, true},
		{[]string{"If-Modified-Since", old}, "", later, false},
		{[]string{"If-Modified-Since", old}, "", "", false},
		{[]string{"If-Modified-Since", later, "If-None-Match", `"b"`}, `"a"`, old, false},
	} {
		e, _ := begin(t.Context(), c.request...)
		header := http.Header{}
		if c.tag != "" {
			header.Set("Etag", c.tag)
		}
		if c.changed != "" {
			header.Set("Last-Modified", c.changed)
		}
		if got := fresh(e.r, 200, header); got != c.want {
			t.Errorf("%q of %s, %s: %v", c.request, c.tag, c.changed, got)
		}
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct{ root, target, want string }{
		{"", "/e?", "/e?"},
		{"", "/a|b%7C?x=1#y", "/a|b%7C?x=1#y"},
		{"/api", "/api/e?x=1", "/e?x=1"},
		{"/api", "/api?x=1", "/?x=1"},
		{"/api", "/api", "/"},
		{"", "http://h.example/e", "http://h.example/e"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", c.target, nil)
		req := New(httptest.NewRecorder(), r, webroutes.Match{Root: c.root}).Request(nil)
		if got := req.Get("url"); got != c.want {
			t.Errorf("url of %s below %s: %v, want %s", c.target, c.root, got, c.want)
		}
		if got := req.Get("originalUrl"); got != c.target {
			t.Errorf("originalUrl of %s: %v", c.target, got)
		}
	}
}
