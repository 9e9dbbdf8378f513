package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// headerSize is the length of what tells one request from all others: four
// digits for the connection, eight for the request.
const headerSize = 4 + 8

// Load is what clients ask of an echo server.
type Load struct {
	Messages int // requests in all, shared out evenly
	InFlight int // requests that a connection sends before the first answer
	Size     int // bytes of a request with its line end, at least 13
}

// Result says how a load went.
type Result struct {
	Messages  int
	Elapsed   time.Duration
	latencies []time.Duration // sorted
}

// Quantile returns the latency that a share q of all requests did not exceed.
func (r Result) Quantile(q float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(int(q*float64(len(r.latencies))), len(r.latencies)-1)]
}

// Merge adds what other measured.
func (r *Result) Merge(other Result) {
	r.Messages += other.Messages
	r.Elapsed += other.Elapsed
	r.latencies = append(r.latencies, other.latencies...)
	slices.Sort(r.latencies)
}

// Clients are connections to one echo server.
type Clients struct{ conns []net.Conn }

// Dial opens n connections. All operations on them fail when timeout is over.
func Dial(ctx context.Context, addr string, n int, timeout time.Duration) (*Clients, error) {
	c := &Clients{}
	var dialer net.Dialer
	for range n {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.conns = append(c.conns, conn)
		if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// Close closes the connections.
func (c *Clients) Close() error {
	var errs []error
	for _, conn := range c.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// Run puts the load on the server. An answer that is not what was sent, byte by
// byte, is an error.
func (c *Clients) Run(load Load) (Result, error) {
	latencies := make([][]time.Duration, len(c.conns))
	errs := make([]error, len(c.conns))
	start := time.Now()
	var group sync.WaitGroup
	for i, conn := range c.conns {
		group.Go(func() {
			latencies[i], errs[i] = talk(conn, i, load, load.Messages/len(c.conns))
		})
	}
	group.Wait()
	r := Result{Elapsed: time.Since(start), latencies: slices.Concat(latencies...)}
	r.Messages = len(r.latencies)
	slices.Sort(r.latencies)
	return r, errors.Join(errs...)
}

// talk sends requests over one connection and reads their answers, keeping
// load.InFlight of them on their way.
func talk(conn net.Conn, number int, load Load, requests int) ([]time.Duration, error) {
	latencies := make([]time.Duration, 0, requests)
	sentAt := make([]time.Time, load.InFlight) // a ring
	out, want, got := newRequest(number, load.Size), newRequest(number, load.Size), make([]byte, load.Size)
	send := func(i int) error {
		setSequence(out, i)
		sentAt[i%load.InFlight] = time.Now()
		_, err := conn.Write(out)
		return err
	}
	for i := range min(load.InFlight, requests) {
		if err := send(i); err != nil {
			return latencies, err
		}
	}
	for i := range requests {
		if _, err := io.ReadFull(conn, got); err != nil {
			return latencies, fmt.Errorf("reading answer %d of connection %d: %w", i, number, err)
		}
		setSequence(want, i)
		if !bytes.Equal(got, want) {
			return latencies, fmt.Errorf("answer %d of connection %d is %q, not %q", i, number, got, want)
		}
		latencies = append(latencies, time.Since(sentAt[i%load.InFlight]))
		if next := i + load.InFlight; next < requests {
			if err := send(next); err != nil {
				return latencies, err
			}
		}
	}
	return latencies, nil
}

// newRequest returns a request without its sequence number: a line of text.
func newRequest(connection, size int) []byte {
	request := bytes.Repeat([]byte{'.'}, size)
	putDigits(request[:4], connection)
	request[size-1] = '\n'
	return request
}

func setSequence(request []byte, i int) { putDigits(request[4:headerSize], i) }

func putDigits(digits []byte, n int) {
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
}
