package bench

import (
	"bufio"
	"context"
	"errors"
	"net"
	"sync"
)

// ServeBytes is the plain server for binary mode: it writes back what it reads
// until the context ends.
func ServeBytes(ctx context.Context, listener net.Listener) error {
	return serve(ctx, listener, func(conn net.Conn) {
		buf := make([]byte, 64<<10)
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

// ServeLines is the plain server for line mode, as most would write it: one
// write for each line read.
func ServeLines(ctx context.Context, listener net.Listener) error {
	return serve(ctx, listener, func(conn net.Conn) {
		lines := bufio.NewScanner(conn)
		var answer []byte
		for lines.Scan() {
			answer = append(append(answer[:0], lines.Bytes()...), '\n')
			if _, err := conn.Write(answer); err != nil {
				return
			}
		}
	})
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
