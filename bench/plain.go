package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
)

// plainAddrs, set in the environment to three addresses with spaces between them,
// TCP, UDP and HTTP, makes a process the plain server.
const plainAddrs = "FLOWRUN_BENCH_PLAIN"

// ServePlain is the plain server until an interrupt, if the environment says so,
// and reports whether it did. Programs that call StartPlain begin with it.
func ServePlain() (bool, error) {
	addrs := os.Getenv(plainAddrs)
	if addrs == "" {
		return false, nil
	}
	list := strings.Fields(addrs)
	if len(list) != 3 {
		return true, fmt.Errorf("%s is %q, not three addresses", plainAddrs, addrs)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", list[0])
	if err != nil {
		return true, err
	}
	if pair := os.Getenv(plainPair); pair != "" {
		if listener, err = secured(listener, pair); err != nil {
			return true, err
		}
	}
	socket, err := net.ListenPacket("udp", list[1])
	if err != nil {
		return true, errors.Join(err, listener.Close())
	}
	web, err := net.Listen("tcp", list[2])
	if err != nil {
		return true, errors.Join(err, listener.Close(), socket.Close())
	}
	result := make(chan error, 2)
	go func() { result <- ServeDatagrams(ctx, socket.(*net.UDPConn)) }()
	go func() { result <- ServeWeb(ctx, web) }()
	err = ServeBytes(ctx, listener)
	stop()
	return true, errors.Join(err, <-result, <-result)
}

// ServeBytes is the plain server for TCP: it writes back what it reads, as much
// as there is, until the context ends. Each connection has a goroutine and a
// buffer of 4 KiB, the size that bufio takes.
func ServeBytes(ctx context.Context, listener net.Listener) error {
	return serve(ctx, listener, func(conn net.Conn) {
		buf := make([]byte, 4<<10)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if _, err := conn.Write(buf[:n]); err != nil {
				return
			}
		}
	})
}

// ServeDatagrams is the plain server for UDP: it sends each datagram back to
// where it came from until the context ends.
func ServeDatagrams(ctx context.Context, conn *net.UDPConn) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err == nil {
			_, err = conn.WriteToUDPAddrPort(buf[:n], from)
		}
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// serve handles each connection in a goroutine and returns when all have ended.
func serve(ctx context.Context, listener net.Listener, handle func(net.Conn)) error {
	var group sync.WaitGroup
	defer group.Wait()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		group.Go(func() {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			defer func() { _ = conn.Close() }()
			handle(conn)
		})
	}
}
