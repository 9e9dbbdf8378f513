// Package exchange is one HTTP request on its way through the flows, and its
// answer: what http in puts into a message as req and res, and http response
// answers.
package exchange

import (
	"errors"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// Exchange is msg.res: the way back to who asked. Copies of a message share it,
// and the first answer counts. It is safe for concurrent use.
type Exchange struct {
	w     http.ResponseWriter
	r     *http.Request
	match webroutes.Match

	mu     sync.Mutex
	state  state
	ready  chan struct{} // closed when there is an answer; nil until somebody waits
	answer Answer
	values [4]string // of the headers that most answers have
}

type state int8

// The states of an exchange.
const (
	open state = iota
	answered
	over // nobody waits for the answer any more
)

// New returns the exchange of a request that a server has given to its handler, whose
// goroutine has to call [Exchange.Wait].
func New(w http.ResponseWriter, r *http.Request, m webroutes.Match) *Exchange {
	return &Exchange{w: w, r: r, match: m}
}

// turns is how often others get their turn before an answer is waited for, which
// takes a channel, a timer and more.
const turns = 3

// How an answer may come too late, or not at all.
var (
	ErrAnswered = &flow.Error{Message: "Cannot set headers after they are sent to the client", Code: "ERR_HTTP_HEADERS_SENT"} // Node.js's words
	ErrTimeout  = errors.New("no answer")
	ErrStopped  = errors.New("the flow has stopped")
)

// Answer gives the answer, to be written by the handler's goroutine. The error is
// [ErrAnswered] if there was one before. Who has gone misses it, which is no
// error.
func (e *Exchange) Answer(a Answer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch e.state {
	case answered:
		return ErrAnswered
	case over:
		return nil
	}
	e.answer, e.state = a, answered
	if e.ready != nil {
		close(e.ready)
	}
	return nil
}

// Wait waits for the answer and writes it. If the flow stops, or does not answer
// in time (0 is for ever), it answers 503 or 504 itself, which is [ErrStopped] or
// [ErrTimeout]. A client that has hung up is waited for a while: it may have closed
// its half of the connection only, and read on. Then the connection is closed
// without an answer, by a panic with [http.ErrAbortHandler].
func (e *Exchange) Wait(stopped <-chan struct{}, timeout time.Duration) error {
	for range turns {
		if e.isAnswered() { // most flows answer at once
			e.write()
			return nil
		}
		runtime.Gosched() // a flow that is busy with other requests answers this one soon
	}
	ready := e.pending()
	if ready == nil {
		e.write()
		return nil
	}
	status, err := e.await(ready, stopped, timeout)
	if !e.end() {
		e.write()
		return nil
	}
	switch status {
	case gone:
		panic(http.ErrAbortHandler) // to return would answer 200
	case http.StatusServiceUnavailable:
		webroutes.Unavailable(e.w)
	default:
		http.Error(e.w, http.StatusText(status), status)
	}
	return err
}

// gone is the status for a client that has hung up.
const gone = 0

// halfOpen is how long a client that has hung up may wait for its answer. The server
// cannot tell whether it still does, and keeps the connection.
const halfOpen = 30 * time.Second

// await waits for the answer. The status and the error are for when there is none.
func (e *Exchange) await(ready, stopped <-chan struct{}, timeout time.Duration) (status int, err error) {
	var limit, patience <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		limit = timer.C
	}
	hungUp := e.r.Context().Done()
	for {
		select {
		case <-ready:
			return http.StatusOK, nil
		case <-stopped:
			return http.StatusServiceUnavailable, ErrStopped
		case <-limit:
			return http.StatusGatewayTimeout, ErrTimeout
		case <-hungUp:
			hungUp, patience = nil, time.After(halfOpen)
		case <-patience:
			return gone, nil
		}
	}
}

func (e *Exchange) isAnswered() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state == answered
}

// pending returns what is closed when there is an answer, or nil if there is one.
func (e *Exchange) pending() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == answered {
		return nil
	}
	e.ready = make(chan struct{})
	return e.ready
}

// end has answers come too late from now on. It is false if there is one.
func (e *Exchange) end() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state == answered {
		return false
	}
	e.state = over
	return true
}
