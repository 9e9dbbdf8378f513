package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// dialer opens connections over loopback. An address has some 28,000 ports for
// them; when those of 127.0.0.1 are used up it goes on with 127.0.0.2 and so on,
// which Linux has and macOS has not.
type dialer struct {
	mu     sync.Mutex
	source net.IP // nil is the system's choice
}

func newDialer() *dialer { return &dialer{} }

func (d *dialer) dial(ctx context.Context, addr string) (net.Conn, error) {
	for {
		d.mu.Lock()
		source := d.source
		d.mu.Unlock()
		var dial net.Dialer
		if source != nil {
			dial.LocalAddr = &net.TCPAddr{IP: source}
		}
		conn, err := dial.DialContext(ctx, "tcp", addr)
		if !errors.Is(err, syscall.EADDRNOTAVAIL) || !d.nextSource(source) {
			return conn, err
		}
	}
}

// nextSource leaves a source address that has no ports any more, and reports
// whether there is another.
func (d *dialer) nextSource(used net.IP) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.source.Equal(used) {
		return true // somebody else was faster
	}
	next := net.IPv4(127, 0, 0, 2).To4()
	if used != nil {
		next[3] = used[3] + 1
	}
	d.source = next
	return next[3] < 10
}

// Connect opens n connections, a few at the same time, and lets each do a
// request of size bytes and close. A connection counts as a message of the
// result. All of it fails when timeout is over.
func Connect(ctx context.Context, addr string, n, size int, timeout time.Duration) (Result, error) {
	const workers = 8
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	dialer := newDialer()
	latencies := make([][]time.Duration, workers)
	errs := make([]error, workers)
	start := time.Now()
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				before := time.Now()
				errs[w] = visit(ctx, dialer, addr, i, size)
				latencies[w] = append(latencies[w], time.Since(before))
			}
		})
	}
	group.Wait()
	return newResult(start, latencies), errors.Join(errs...)
}

// visit connects, does one request and waits until the server has closed too.
func visit(ctx context.Context, d *dialer, addr string, number, size int) error {
	conn, err := d.dial(ctx, addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	t := newTalk(conn, number, Load{InFlight: 1, Size: size})
	if err := t.run(1); err != nil {
		return err
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return err
	}
	if _, err := conn.Read(t.got); !errors.Is(err, io.EOF) {
		return fmt.Errorf("waiting for the end of connection %d: %w", number, err)
	}
	return nil
}
