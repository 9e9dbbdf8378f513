package flowtests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/flowrun/flowrun/internal/sockets"
)

// peerKind is what a peer of a test is.
type peerKind int

const (
	tcpPeer peerKind = iota + 1
	tcpServer
	udpPeer
	webPeer
)

func (k peerKind) String() string {
	return map[peerKind]string{tcpPeer: "a connection", tcpServer: "a server", udpPeer: "a UDP socket", webPeer: "a request"}[k]
}

// How a connection ends.
const (
	endOfStream = "eof"
	resetByPeer = "reset"
	byTest      = "closed by the test"
)

// inbox is what a peer has got and no step has taken yet; the board guards it.
type inbox struct {
	board   *board
	stream  []byte   // of a connection
	packets [][]byte // of a UDP socket
	end     string   // how it ended, empty while it is open
}

// peer is the test's side of a connection, or a UDP socket.
type peer interface {
	// write sends bytes; to is where a UDP socket sends them.
	write(b []byte, to string) error
	box() *inbox
	close() error
}

// conn is a TCP connection.
type conn struct {
	*net.TCPConn
	inbox
}

func (c *conn) box() *inbox { return &c.inbox }

func (c *conn) write(b []byte, _ string) error {
	if err := c.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	_, err := c.Write(b)
	return err
}

// writePatience bounds how long a flow may leave unread what a test sends.
const writePatience = 10 * time.Second

// read notes what comes until the connection ends.
func (c *conn) read() {
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		c.board.update(func() {
			c.stream = append(c.stream, b[:n]...)
			switch {
			case err == nil || c.end != "":
			case errors.Is(err, io.EOF):
				c.end = endOfStream
			default:
				c.end = howEnded(err)
			}
		})
		if err != nil {
			return
		}
	}
}

// howEnded returns how a connection ended with an error.
func howEnded(err error) string {
	switch e := sockets.Explain("read", err, netip.AddrPort{}); e.Code {
	case "ECONNRESET", "EPIPE":
		return resetByPeer
	default:
		return e.Text
	}
}

func (c *conn) close() error {
	c.board.update(func() {
		if c.end == "" {
			c.end = byTest
		}
	})
	return c.Close()
}

// socket is a UDP socket.
type socket struct {
	*net.UDPConn
	inbox
}

func (s *socket) box() *inbox { return &s.inbox }

func (s *socket) write(b []byte, to string) error {
	addr, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		return err
	}
	_, err = s.WriteTo(b, addr)
	return err
}

func (s *socket) close() error { return s.Close() }

func (s *socket) read() {
	b := make([]byte, 64<<10)
	for {
		n, _, err := s.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil { // an ICMP error tells that an earlier datagram went nowhere
			s.board.update(func() { s.packets = append(s.packets, bytes.Clone(b[:n])) })
		}
	}
}

// server accepts connections; the board guards those that wait.
type server struct {
	net.Listener
	board   *board
	waiting []*net.TCPConn
}

func (s *server) serve() {
	for {
		c, err := s.Accept()
		if err != nil {
			return // closed
		}
		s.board.update(func() { s.waiting = append(s.waiting, c.(*net.TCPConn)) })
	}
}

func (s *server) close() error {
	err := s.Close()
	s.board.update(func() {
		for _, c := range s.waiting {
			err = errors.Join(err, c.Close())
		}
		s.waiting = nil
	})
	return err
}

// peers are those of one test.
type peers struct {
	board   *board
	byName  map[string]peer
	servers map[string]*server
	readers sync.WaitGroup
}

func newPeers(b *board) *peers {
	return &peers{board: b, byName: map[string]peer{}, servers: map[string]*server{}}
}

// close closes all of them and waits for their readers.
func (p *peers) close() {
	for _, c := range p.byName {
		_ = c.close() // it may be closed already
	}
	for _, s := range p.servers {
		_ = s.close()
	}
	p.readers.Wait()
}

func (p *peers) attach(name string, tcp *net.TCPConn) {
	c := &conn{TCPConn: tcp, inbox: inbox{board: p.board}}
	p.byName[name] = c
	p.readers.Go(c.read)
}

// dial connects, again and again until that works or the time is over: the flow
// may not listen yet.
func (p *peers) dial(ctx context.Context, name, address string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	var why error
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			p.attach(name, c.(*net.TCPConn))
			return nil
		}
		if late, ok := errors.AsType[net.Error](err); why == nil || !ok || !late.Timeout() {
			why = err // else it is only that the time is over
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return fmt.Errorf("within %v: %w", within, why)
		}
	}
}

func (p *peers) listen(ctx context.Context, name, address string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	s := &server{Listener: l, board: p.board}
	p.servers[name] = s
	p.readers.Go(s.serve)
	return nil
}

// accept waits for the next connection of a server.
func (p *peers) accept(ctx context.Context, name, from string, within time.Duration) error {
	s := p.servers[from]
	var tcp *net.TCPConn
	if !p.board.Wait(ctx, within, func() bool {
		if len(s.waiting) > 0 {
			tcp, s.waiting = s.waiting[0], s.waiting[1:]
		}
		return tcp != nil
	}) {
		return fmt.Errorf("no connection came within %v", within)
	}
	p.attach(name, tcp)
	return nil
}

func (p *peers) openUDP(name, address string) error {
	addr, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return err
	}
	c, err := net.ListenUDP("udp", addr)
	if err != nil {
		return err
	}
	s := &socket{UDPConn: c, inbox: inbox{board: p.board}}
	p.byName[name] = s
	p.readers.Go(s.read)
	return nil
}

func parsePort(text string) (int, error) {
	port, err := strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return 0, fmt.Errorf("%q is no port", text)
	}
	return port, nil
}
