package sockets

import (
	"net"
	"net/netip"
	"slices"

	"golang.org/x/net/ipv4"
)

// Datagram is one that came in.
type Datagram struct {
	Data      []byte         // valid until the next are read
	From      netip.AddrPort // invalid on a Unix socket
	Path      string         // of the sender on a Unix socket; empty if it has none
	Truncated bool           // it was longer, and the rest is lost
}

// batchSize is how many datagrams are read, or written, at once at most.
const batchSize = 16

// DatagramReader reads datagrams, several at once where the system can
// (recvmmsg).
type DatagramReader struct {
	conn     DatagramConn
	batch    *ipv4.PacketConn // its batches serve IPv6 sockets as well
	messages []ipv4.Message
	got      []Datagram
	size     int
}

// NewDatagramReader returns a reader of datagrams of a size at most.
func NewDatagramReader(conn DatagramConn, size int) *DatagramReader {
	r := &DatagramReader{conn: conn, size: size}
	r.grow()
	if _, isUDP := conn.(*net.UDPConn); isUDP && canBatch {
		r.batch = ipv4.NewPacketConn(conn)
	}
	return r
}

// Read waits for datagrams and returns those that are there, in their order and
// up to limit of them. They are valid until the next call.
func (r *DatagramReader) Read(limit int) ([]Datagram, error) {
	r.got = r.got[:0]
	if r.batch == nil || limit <= 1 {
		return r.readOne()
	}
	limit = min(limit, batchSize)
	n, err := r.batch.ReadBatch(r.messages[:min(limit, len(r.messages))], 0)
	if err != nil {
		return nil, err
	}
	for _, m := range r.messages[:n] {
		r.got = append(r.got, Datagram{
			Data: m.Buffers[0][:m.N], From: m.Addr.(*net.UDPAddr).AddrPort(), Truncated: m.Flags&truncated != 0,
		})
	}
	if n == len(r.messages) {
		r.grow()
	}
	return r.got, nil
}

// grow makes buffers for twice as many datagrams. Most sockets are quiet and
// need no more than two.
func (r *DatagramReader) grow() {
	for range min(max(1, len(r.messages)), batchSize-len(r.messages)) {
		r.messages = append(r.messages, ipv4.Message{Buffers: [][]byte{make([]byte, r.size)}})
	}
}

func (r *DatagramReader) readOne() ([]Datagram, error) {
	b := r.messages[0].Buffers[0]
	var d Datagram
	var err error
	switch conn := r.conn.(type) {
	case *UnixDatagrams:
		d, err = readUnix(conn, b)
	case *net.UDPConn:
		d, err = readUDP(conn, b)
	}
	if err != nil {
		return nil, err
	}
	return append(r.got, d), nil
}

func readUDP(conn *net.UDPConn, b []byte) (Datagram, error) {
	n, _, flags, from, err := conn.ReadMsgUDPAddrPort(b, nil)
	if isTooLong(err) { // Windows has an error for it
		n, flags, err = len(b), truncated, nil
	}
	return Datagram{Data: b[:n], From: from, Truncated: flags&truncated != 0}, err
}

// DatagramWriter collects datagrams and writes them in one go, several with one
// system call where the system can (sendmmsg). The zero value is empty and ready
// to use.
type DatagramWriter struct {
	messages []ipv4.Message
	data     []byte // of all of them
}

// Add puts a copy of a datagram at the end.
func (w *DatagramWriter) Add(b []byte, to netip.AddrPort) {
	n := len(w.messages)
	w.messages = slices.Grow(w.messages, 1)[:n+1]
	m := &w.messages[n]
	if m.Addr == nil { // else what was written before is used again
		m.Buffers, m.Addr = make([][]byte, 1), &net.UDPAddr{}
	}
	start := len(w.data)
	w.data = append(w.data, b...)
	m.Buffers[0] = w.data[start:len(w.data):len(w.data)]
	addr, ip := m.Addr.(*net.UDPAddr), to.Addr()
	addr.IP, addr.Port, addr.Zone = append(addr.IP[:0], ip.AsSlice()...), int(to.Port()), ip.Zone()
}

// Full tells whether it is time to write.
func (w *DatagramWriter) Full() bool { return len(w.messages) >= batchSize || len(w.data) >= 64<<10 }

// Write writes what was collected to a socket. Each datagram that the system
// refuses is reported, as an *[Error], and the others go out.
func (w *DatagramWriter) Write(conn *net.UDPConn, sent func(n int, err error)) {
	for rest := w.messages; len(rest) > 0; {
		n, err := writeBatch(conn, rest)
		for i := range n {
			sent(len(rest[i].Buffers[0]), nil)
		}
		if err != nil {
			to := rest[n].Addr.(*net.UDPAddr).AddrPort()
			sent(0, Explain("send", err, netip.AddrPortFrom(to.Addr().Unmap(), to.Port())))
			n++
		}
		rest = rest[n:]
	}
	w.messages = w.messages[:0]
	w.data = w.data[:0]
}
