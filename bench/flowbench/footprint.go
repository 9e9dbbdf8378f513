package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/flowrun/flowrun/bench"
)

// settle is how long a server gets to come to rest before its memory counts.
const settle = time.Second

// measureIdle compares the memory of a session that has had one request and is
// idle since. Each round has new servers.
func measureIdle(ctx context.Context, l *lab) ([]row, error) {
	sessions := bench.MaxConnections(l.sessions)
	values, err := l.idle(ctx, l.kinds(), oneTCP(echoBinary()), sessions, func(c *contender) (io.Closer, error) {
		return openIdle(ctx, c, sessions)
	})
	if err != nil {
		return nil, err
	}
	return []row{l.newRow("idle sessions", thousands(sessions)+" of them", "bytes each", values)}, nil
}

// measureIdleTLS is measureIdle with TLS. Node-RED has no part in it: the
// sessions' package has no TLS.
func measureIdleTLS(ctx context.Context, l *lab) ([]row, error) {
	sessions := bench.MaxConnections(l.sessions * 2 / 3)
	cert, err := bench.NewCertificate()
	if err != nil {
		return nil, err
	}
	s := oneTCP(echoBinary())
	s.plainEnv = []string{cert.Env()}
	plainNodes := s.nodes
	s.nodes = func(d dialect, addrs []string) []node {
		nodes := plainNodes(d, addrs)
		nodes[1]["secure"] = true // the tab comes first, then tcp-listen
		nodes[1]["certificate"] = node{"certificate_pem": cert.Cert, "private_key_pem": cert.Key}
		return nodes
	}
	values, err := l.idle(ctx, []kind{plain, flowrun}, s, sessions, func(c *contender) (io.Closer, error) {
		return bench.DialSecure(ctx, c.addrs[0], sessions, requestSize, 5*loadPatience) // handshakes take their time
	})
	if err != nil {
		return nil, err
	}
	return []row{l.newRow("idle TLS sessions", thousands(sessions)+" of them", "bytes each", values)}, nil
}

// idle measures how much memory of a server a session takes that open has opened.
func (l *lab) idle(ctx context.Context, kinds []kind, s setting, sessions int, open func(*contender) (io.Closer, error)) ([][]float64, error) {
	return l.compare(ctx, len(kinds), func(i int) (bytes float64, err error) {
		c, err := l.start(ctx, kinds[i], s)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, c.Stop()) }()
		before, err := c.Usage()
		if err != nil {
			return 0, err
		}
		clients, err := open(c)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, clients.Close()) }()
		select {
		case <-time.After(settle):
		case <-ctx.Done():
		}
		after, err := c.Usage()
		return float64(after.Resident-before.Resident) / float64(sessions), err
	})
}

// openIdle opens sessions, in each of which one request is answered.
func openIdle(ctx context.Context, c *contender, sessions int) (*bench.Clients, error) {
	clients, err := bench.Dial(ctx, sessions, loadPatience, c.addrs...)
	if err != nil {
		return nil, err
	}
	if _, err := clients.Run(bench.Load{Messages: sessions, InFlight: 1, Size: requestSize}); err != nil {
		return nil, errors.Join(err, clients.Close())
	}
	return clients, nil
}

// measureStart compares the time from the start of the process to the first
// connection that it accepts.
func measureStart(ctx context.Context, l *lab) ([]row, error) {
	kinds := l.kinds()
	values, err := l.compare(ctx, len(kinds), func(i int) (float64, error) {
		c, err := l.start(ctx, kinds[i], oneTCP(echoBinary()))
		if err != nil {
			return 0, err
		}
		return float64(c.Ready().Microseconds()) / 1e3, c.Stop()
	})
	if err != nil {
		return nil, err
	}
	return []row{l.newRow("start", "to the first connection, echo binary", "ms", values)}, nil
}

// measureMemory compares the resident memory after a load.
func measureMemory(ctx context.Context, l *lab) (rows []row, err error) {
	all, err := l.startAll(ctx, oneTCP(echoBinary()), l.kinds()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, all.stop()) }()
	clients := make([]*bench.Clients, len(all))
	for i, c := range all {
		if clients[i], err = bench.Dial(ctx, connections, loadPatience, c.addrs...); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, clients[i].Close()) }()
	}
	values, err := l.compare(ctx, len(all), func(i int) (float64, error) {
		if _, err := clients[i].Run(bench.Load{Messages: l.messages, InFlight: 32, Size: requestSize}); err != nil {
			return 0, err
		}
		usage, err := all[i].Usage()
		return float64(usage.Resident) / 1e6, err
	})
	if err != nil {
		return nil, err
	}
	return []row{l.newRow("resident memory", fmt.Sprintf("echo binary, %d connections", connections), "MB", values)}, nil
}

// measureSize tells the size of flowrun's binary.
func measureSize(_ context.Context, l *lab) ([]row, error) {
	info, err := os.Stat(l.binary)
	if err != nil {
		return nil, err
	}
	return []row{l.newRow("binary size", "", "MB", [][]float64{nil, {float64(info.Size()) / 1e6}})}, nil
}

// thousands writes a count with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
