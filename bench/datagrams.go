package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Sockets are UDP clients of an echo server. They take answers from any port:
// a server may answer from another than it listens on.
type Sockets struct {
	server netip.AddrPort
	conns  []*net.UDPConn
}

// Listen opens n sockets that send to addr. All operations on them fail when
// timeout is over, thus also a load that loses a datagram.
func Listen(n int, timeout time.Duration, addr string) (*Sockets, error) {
	server, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	s := &Sockets{server: server}
	for range n {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.conns = append(s.conns, conn)
		if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Close closes the sockets.
func (s *Sockets) Close() error {
	var errs []error
	for _, conn := range s.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

// Run puts the load on the server, each datagram a request. A wrong answer, or
// one that is missing or out of order, is an error.
func (s *Sockets) Run(load Load) (Result, error) {
	latencies := make([][]time.Duration, len(s.conns))
	errs := make([]error, len(s.conns))
	start := time.Now()
	var group sync.WaitGroup
	for i, conn := range s.conns {
		group.Go(func() {
			latencies[i], errs[i] = s.talk(conn, i, load, load.Messages/len(s.conns))
		})
	}
	group.Wait()
	return newResult(start, latencies), errors.Join(errs...)
}

func (s *Sockets) talk(conn *net.UDPConn, number int, load Load, requests int) ([]time.Duration, error) {
	latencies := make([]time.Duration, 0, requests)
	sentAt := make([]time.Time, load.InFlight) // a ring
	request, got := newRequest(number, load.Size), make([]byte, load.Size+1)
	want := load.want(request)
	send := func(i int) error {
		setSequence(request, i)
		sentAt[i%load.InFlight] = time.Now()
		_, err := conn.WriteToUDPAddrPort(request, s.server)
		return err
	}
	for i := range min(load.InFlight, requests) {
		if err := send(i); err != nil {
			return latencies, err
		}
	}
	for i := range requests {
		n, _, err := conn.ReadFromUDPAddrPort(got)
		if err != nil {
			return latencies, fmt.Errorf("reading datagram %d of socket %d: %w", i, number, err)
		}
		setSequence(want, i)
		if err := compare(number, i, got[:n], want); err != nil {
			return latencies, err
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

// WaitAnswering returns when a UDP server echoes a datagram.
func WaitAnswering(ctx context.Context, addr string) error {
	for {
		sockets, err := Listen(1, 20*time.Millisecond, addr)
		if err != nil {
			return err
		}
		_, err = sockets.Run(Load{Messages: 1, InFlight: 1, Size: headerSize + 1})
		_ = sockets.Close()
		if err == nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
	}
}
