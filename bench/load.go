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
	InFlight int // requests that a connection has under way at most
	Size     int // bytes of a request with its line end, at least 13

	// Answer returns what the server makes of a request, byte by byte as long;
	// nil is the request itself.
	Answer func(request []byte) []byte
}

// want returns what answers the requests of a connection, without its number.
func (l Load) want(request []byte) []byte {
	if l.Answer == nil {
		return bytes.Clone(request)
	}
	return l.Answer(request)
}

// Result says how a load went.
type Result struct {
	Messages  int
	Elapsed   time.Duration
	latencies []time.Duration // sorted
}

// newResult puts together what the connections measured since start.
func newResult(start time.Time, latencies [][]time.Duration) Result {
	r := Result{Elapsed: time.Since(start), latencies: slices.Concat(latencies...)}
	r.Messages = len(r.latencies)
	slices.Sort(r.latencies)
	return r
}

// Rate returns the requests answered in a second.
func (r Result) Rate() float64 { return float64(r.Messages) / r.Elapsed.Seconds() }

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

// Clients are connections to echo servers.
type Clients struct{ conns []net.Conn }

// Dial opens n connections, in turn to each of the addresses. All operations on
// them fail when timeout is over.
func Dial(ctx context.Context, n int, timeout time.Duration, addrs ...string) (*Clients, error) {
	c := &Clients{}
	dialer := newDialer()
	for i := range n {
		conn, err := dialer.dial(ctx, addrs[i%len(addrs)])
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

// Run puts the load on the server: each connection sends its next requests when
// answers have come. An answer that is not what was asked for, byte by byte, is
// an error.
func (c *Clients) Run(load Load) (Result, error) {
	latencies := make([][]time.Duration, len(c.conns))
	errs := make([]error, len(c.conns))
	start := time.Now()
	var group sync.WaitGroup
	for i, conn := range c.conns {
		group.Go(func() {
			t := newTalk(conn, i, load)
			errs[i] = t.run(load.Messages / len(c.conns))
			latencies[i] = t.latencies
		})
	}
	group.Wait()
	return newResult(start, latencies), errors.Join(errs...)
}

// talk is what one connection says and hears.
type talk struct {
	conn      net.Conn
	number    int
	request   []byte // all but its sequence number
	want, got []byte // an answer
	sentAt    []time.Time
	latencies []time.Duration
}

func newTalk(conn net.Conn, number int, load Load) *talk {
	request := newRequest(number, load.Size)
	return &talk{
		conn: conn, number: number,
		request: request, want: load.want(request), got: make([]byte, load.Size),
		sentAt: make([]time.Time, load.InFlight), // a ring
	}
}

// run keeps its requests in flight until that many are answered. Each request is
// a write of its own, and each answer is read by itself.
func (t *talk) run(requests int) error {
	t.latencies = make([]time.Duration, 0, requests)
	for i := range min(len(t.sentAt), requests) {
		if err := t.send(i); err != nil {
			return err
		}
	}
	for i := range requests {
		if err := t.receive(i); err != nil {
			return err
		}
		t.latencies = append(t.latencies, time.Since(t.sentAt[i%len(t.sentAt)]))
		if next := i + len(t.sentAt); next < requests {
			if err := t.send(next); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *talk) send(i int) error {
	setSequence(t.request, i)
	t.sentAt[i%len(t.sentAt)] = time.Now()
	_, err := t.conn.Write(t.request)
	return err
}

// receive reads answer i.
func (t *talk) receive(i int) error {
	if _, err := io.ReadFull(t.conn, t.got); err != nil {
		return fmt.Errorf("reading answer %d of connection %d: %w", i, t.number, err)
	}
	setSequence(t.want, i)
	return compare(t.number, i, t.got, t.want)
}

// compare returns an error that shows both if got is not the wanted answer.
func compare(number, i int, got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("answer %d of connection %d is %q, not %q", i, number, got, want)
	}
	return nil
}

// newRequest returns a request without its sequence number: a line of text.
func newRequest(connection, size int) []byte {
	request := bytes.Repeat([]byte{'x'}, size)
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
