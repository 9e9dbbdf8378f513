package session

import (
	"net"
	"net/netip"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

const (
	// datagramCredits is how many datagrams of a session may be on their way
	// through the flows. What comes beyond waits in the system's buffer, and is
	// lost when that is full.
	datagramCredits = 256
	// datagramSize is more than a datagram can have.
	datagramSize = 64 << 10
)

// Bind makes a session of a bound UDP socket whose datagrams go to its owner:
// as text with Options.Line, else as bytes. It owns the socket from then on.
// The error is [ErrExists].
func (st *Store) Bind(conn *net.UDPConn, id flow.Value, o *Options) (*Session, error) {
	return st.bind(conn, id, o, (*Session).receiveDatagrams)
}

// BindSender makes a session of a UDP socket that its owner writes to. Nothing is
// read from it. It is closed by [Session.Destroy], or a tcp-disconnect. The
// error is [ErrExists].
func (st *Store) BindSender(conn *net.UDPConn, id flow.Value, o *Options) (*Session, error) {
	return st.bind(conn, id, o, func(s *Session) error {
		<-s.quitting()
		return nil
	})
}

func (st *Store) bind(conn *net.UDPConn, id flow.Value, o *Options, run func(*Session) error) (*Session, error) {
	s := st.newSession(o, datagramCredits)
	s.udp, s.conn, s.state = true, conn, Connected
	if err := st.add(s, id); err != nil {
		_ = conn.Close()
		return nil, err
	}
	o.Owner.Opened(s)
	go func() { s.finish(sockets.Explain("recvmsg", run(s), noAddress)) }()
	return s, nil
}

func (s *Session) receiveDatagrams() error {
	conn, buf := s.conn.(*net.UDPConn), make([]byte, datagramSize)
	for {
		if !s.credits.take(s.quitting, nil) {
			return nil
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if s.drained(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if l := s.receiveDatagram(buf[:n], from); l != nil {
			l.Lend()
		}
	}
}

func (s *Session) receiveDatagram(b []byte, from netip.AddrPort) flow.Lender {
	now := time.Now()
	d := s.newDelivery(now)
	i := item{rinfo: remoteInfo(from, len(b))}
	if s.opts.Line {
		i.payload = flow.DecodeUTF8(b)
	} else {
		i.payload = flow.Buffer(append([]byte{}, b...))
	}
	d.add(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.bytesIn += uint64(len(b))
	s.lastChunk = now.Sub(s.store.epoch)
	return s.hand(d, s.owner)
}

// remoteInfo is the rinfo of Node.js' dgram: where a datagram came from.
func remoteInfo(from netip.AddrPort, size int) *flow.Object {
	ip, family := from.Addr().Unmap(), "IPv4"
	if ip.Is6() {
		family = "IPv6"
	}
	return flow.NewObject("address", ip.String(), "family", family,
		"port", float64(from.Port()), "size", float64(size))
}

// SendTo writes a datagram. The error is an *[sockets.Error]. The write waits
// only while the system's buffer is full, which the network empties.
func (s *Session) SendTo(b []byte, to netip.AddrPort) error {
	conn, ok := s.conn.(*net.UDPConn)
	if !ok {
		return sockets.Explain("send", net.ErrClosed, to)
	}
	if _, err := conn.WriteToUDPAddrPort(b, to); err != nil {
		return sockets.Explain("send", err, to)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.bytesOut += uint64(len(b))
	s.lastWrite = time.Since(s.store.epoch)
	s.counters.messagesOut++
	return nil
}
