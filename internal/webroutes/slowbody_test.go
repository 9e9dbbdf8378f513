package webroutes

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// deadlines notes the deadlines of reading that a handler sets.
type deadlines struct {
	http.ResponseWriter
	set []time.Duration // from the start
	at  time.Time
}

// SetReadDeadline implements what [http.ResponseController] looks for.
func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t.Sub(d.at))
	return nil
}

// slowly gives a piece every ten seconds.
type slowly struct{ io.Reader }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(10 * time.Second) // in the bubble
	return io.ReadFull(s.Reader, p[:min(len(p), piece)])
}

func TestBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &deadlines{ResponseWriter: httptest.NewRecorder(), at: time.Now()}
		// The last piece comes with the end, and moves nothing any more.
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", iotest.DataErrReader(slowly{io.LimitReader(zeros{}, 3*piece)}))
		b, err := io.ReadAll(Body(w, r, 3*piece))
		if err != nil || len(b) != 3*piece {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
		for i, d := range w.set {
			if i > 0 && d < w.set[i-1]+10*time.Second {
				t.Errorf("deadlines %v", w.set)
			}
		}
		if n := len(w.set); n != 2 {
			t.Errorf("%d deadlines: %v", n, w.set)
		}
		_, err = io.ReadAll(Body(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", io.LimitReader(zeros{}, 11)), 10))
		if tooLarge := new(http.MaxBytesError); !errors.As(err, &tooLarge) {
			t.Errorf("beyond the limit: %v", err)
		}
	})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
