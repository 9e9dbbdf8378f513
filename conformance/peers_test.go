//go:build unix

package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// conn is the driver's side of one TCP connection. The fields below board are
// guarded by it.
type conn struct {
	net.Conn
	board    *board
	received []byte
	next     int    // where the next expectation begins to look
	end      string // how it ended: eof, reset, local-close …; "" while it is open
	seen     bool   // an expect_close has seen its end
}

// read notes what comes until the connection ends.
func (c *conn) read() {
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		c.board.Update(func() {
			c.received = append(c.received, b[:n]...)
			switch {
			case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
				c.end = "reset"
			case errors.Is(err, io.EOF):
				c.endedBy("eof")
			case err != nil:
				c.endedBy(err.Error())
			}
		})
		if err != nil {
			return
		}
	}
}

// endedBy notes the first reason; the board is locked.
func (c *conn) endedBy(reason string) {
	if c.end == "" {
		c.end = reason
	}
}

// send writes b. That the peer is gone shows in how the connection ended.
func (c *conn) send(b []byte) { _, _ = c.Write(b) }

// finish sends a FIN and keeps reading.
func (c *conn) finish() error { return c.Conn.(*net.TCPConn).CloseWrite() }

// close ends the connection; reason is noted unless there is one.
func (c *conn) close(reason string) error {
	c.board.Update(func() { c.endedBy(reason) })
	return c.Close()
}

// reset ends the connection with a RST.
func (c *conn) reset() error {
	if err := c.Conn.(*net.TCPConn).SetLinger(0); err != nil {
		return err
	}
	return c.close("local-reset")
}

// find looks for a pattern, or for bytes, in what was not expected yet; the board
// is locked.
func (c *conn) find(pattern string, want []byte) *span {
	unread := c.received[c.next:]
	if pattern != "" {
		return regexFind(pattern, byteRunes(unread), regexp2.Singleline)
	}
	if i := bytes.Index(unread, want); i >= 0 {
		return &span{i, i + len(want)}
	}
	return nil
}

// play does what a scripted server does with a connection. It gives up when what
// it waits for does not come.
func (c *conn) play(ctx context.Context, script []action) error {
	for _, a := range script {
		if a.Recv != nil || a.RecvRegex != "" {
			var want []byte
			if a.Recv != nil {
				want = []byte(*a.Recv)
			}
			if !c.board.Wait(ctx, within(a.WithinMS, 5000), func() bool {
				found := c.find(a.RecvRegex, want)
				if found != nil {
					c.next += found.end
				}
				return found != nil
			}) {
				return nil
			}
		}
		if err := c.act(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) act(ctx context.Context, a action) error {
	if a.SleepMS > 0 {
		pause(ctx, time.Duration(a.SleepMS)*time.Millisecond)
	}
	for _, d := range []data{{Text: a.Send}, {Hex: a.SendHex}} {
		b, err := d.bytes()
		if err != nil {
			return err
		}
		if len(b) > 0 {
			c.send(b)
		}
	}
	if a.End {
		if err := c.finish(); err != nil {
			return err
		}
	}
	if a.Reset {
		return c.reset()
	}
	if a.Close {
		return c.close("local-close")
	}
	return nil
}

// udpPeer is one of the driver's UDP sockets. The fields below board are guarded
// by it.
type udpPeer struct {
	net.PacketConn
	board *board
	got   []datagram
	next  int // the next one to expect
}

type datagram struct {
	data []byte
	from string // the sender's address, without its port
}

func (u *udpPeer) read() {
	b := make([]byte, 64<<10)
	for {
		n, from, err := u.ReadFrom(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil { // an ICMP error tells that an earlier send went nowhere
			u.board.Update(func() {
				u.got = append(u.got, datagram{bytes.Clone(b[:n]), from.(*net.UDPAddr).IP.String()})
			})
		}
	}
}

// sendTo sends to an address such as 127.0.0.1:4000.
func sendTo(c net.PacketConn, address string, b []byte) error {
	to, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return err
	}
	_, err = c.WriteTo(b, to)
	return err
}

var loopback = [4]byte{127, 0, 0, 1}

// listenUDP binds a socket that shares its port, in a multicast group if there is one.
func listenUDP(ctx context.Context, address, group string) (net.PacketConn, error) {
	config := net.ListenConfig{Control: socketOptions(func(fd int) error {
		return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	})}
	c, err := config.ListenPacket(ctx, "udp4", address)
	if err != nil || group == "" {
		return c, err
	}
	raw, err := c.(*net.UDPConn).SyscallConn()
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	membership := &syscall.IPMreq{Multiaddr: [4]byte(net.ParseIP(group).To4()), Interface: loopback}
	err = socketOptions(func(fd int) error {
		return syscall.SetsockoptIPMreq(fd, syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, membership)
	})("", "", raw)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// senderUDP binds a socket that may broadcast, and whose multicasts stay on this machine.
func senderUDP(ctx context.Context, fromPort string) (net.PacketConn, error) {
	config := net.ListenConfig{Control: socketOptions(func(fd int) error {
		return syscall.SetsockoptInet4Addr(fd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, loopback)
	})}
	return config.ListenPacket(ctx, "udp4", net.JoinHostPort("127.0.0.1", fromPort))
}

func socketOptions(set func(fd int) error) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) { err = set(int(fd)) }), err)
	}
}

// serveDNS answers that there is no such name, but names whose first label is ok
// or slowok have the address 127.0.0.1. Answers about slow… take 600 ms.
func serveDNS(ctx context.Context, c net.PacketConn) {
	b := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		first, reply := answer(b[:n])
		if reply == nil {
			continue
		}
		delay := time.Duration(0)
		if strings.HasPrefix(first, "slow") {
			delay = 600 * time.Millisecond
		}
		time.AfterFunc(delay, func() {
			if ctx.Err() == nil {
				_, _ = c.WriteTo(reply, from)
			}
		})
	}
}

// answer makes the reply to a DNS query (RFC 1035, section 4) and returns the
// first label of the name asked for.
func answer(query []byte) (first string, reply []byte) {
	const header = 12
	if len(query) < header {
		return "", nil
	}
	i := header
	for i < len(query) && query[i] != 0 {
		end := min(i+1+int(query[i]), len(query))
		if i == header {
			first = strings.ToLower(string(query[i+1 : end]))
		}
		i = end
	}
	end := i + 5 // the root label, type and class
	if end > len(query) {
		return "", nil
	}
	question := query[header:end]
	isA := query[i+2] == 1 && query[i+1] == 0
	flags, answers := byte(0x83), byte(0) // NXDOMAIN
	if first == "ok" || first == "slowok" {
		flags = 0x80
		if isA {
			answers = 1
		}
	}
	reply = append(reply, query[0], query[1], 0x81, flags, 0, 1, 0, answers, 0, 0, 0, 0)
	reply = append(reply, question...)
	if answers > 0 {
		reply = append(reply, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		reply = append(reply, loopback[:]...)
	}
	return first, reply
}
