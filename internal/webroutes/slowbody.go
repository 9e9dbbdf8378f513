package webroutes

import (
	"io"
	"net/http"
	"time"
)

// Body returns the body of a request, up to a limit as [http.MaxBytesReader] has it.
// Its client has a time for each [piece] bytes, as it has for what it reads: that of
// the server would be for all of it, however large it is.
func Body(w http.ResponseWriter, r *http.Request, limit int64) io.ReadCloser {
	return http.MaxBytesReader(w, &slowBody{ReadCloser: r.Body, server: http.NewResponseController(w)}, limit)
}

type slowBody struct {
	io.ReadCloser
	server *http.ResponseController
	came   int // bytes since the deadline was moved
}

// Read implements [io.Reader].
func (b *slowBody) Read(p []byte) (n int, err error) {
	n, err = b.ReadCloser.Read(p)
	// At the end the server goes on to look whether the client hangs up, without a limit.
	if b.came += n; b.came >= piece && err == nil {
		b.came = 0
		_ = b.server.SetReadDeadline(time.Now().Add(readTimeout)) // what cannot keeps the server's limit
	}
	return n, err
}
