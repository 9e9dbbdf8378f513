package session

import (
	"net"
	"net/netip"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

const (
	// datagramCredits is how many datagrams of a session may be on their way
	// through the flows. What comes beyond waits in the system's buffer, and is
	// lost when that is full.
	datagramCredits = 256
	// DatagramSize is more than a datagram can have.
	DatagramSize = 64 << 10
)

// Datagrams says how a session receives them.
type Datagrams struct {
	Size  int    // of the longest, [DatagramSize] at most; of others the rest is lost
	Peers *Peers // a session for each sender; may be nil
	// Refused hears that a peer has no socket, which an ICMP message said: only
	// connected sockets get to know. May be nil.
	Refused func(s *Session, err *sockets.Error)
}

// Bind makes a session of a bound socket of datagrams whose datagrams go to its owner:
// as text with Options.Line, else as bytes. The session owns the socket from then
// on. The error is [ErrExists].
func (st *Store) Bind(conn sockets.DatagramConn, id flow.Value, o *Options, d Datagrams) (*Session, error) {
	return st.bind(conn, id, o, d, func(s *Session) error {
		defer s.endPeers()
		return s.receiveDatagrams(sockets.NewDatagramReader(conn, d.Size))
	})
}

// BindSender makes a session of a socket of datagrams that its owner writes to. Nothing is
// read from it. It is closed by [Session.Destroy], or a tcp-disconnect. The
// error is [ErrExists].
func (st *Store) BindSender(conn sockets.DatagramConn, id flow.Value, o *Options) (*Session, error) {
	return st.bind(conn, id, o, Datagrams{}, func(s *Session) error {
		<-s.quitting()
		return nil
	})
}

// BoundTo returns a session that receives datagrams on a port, nil if there is
// none.
func (st *Store) BoundTo(port int) *Session {
	for _, s := range st.list(nil) {
		if s.udp == nil || s.State() != Connected {
			continue
		}
		if a, ok := s.LocalAddr().(*net.UDPAddr); ok && a.Port == port {
			return s
		}
	}
	return nil
}

func (st *Store) bind(conn net.Conn, id flow.Value, o *Options, d Datagrams, run func(*Session) error) (*Session, error) {
	s := st.newSession(o, datagramCredits)
	s.udp = &datagrams{refused: d.Refused}
	if d.Peers != nil {
		s.udp.peers = &peers{Peers: *d.Peers, byAddr: map[netip.AddrPort]*Session{}}
	}
	s.conn, s.state = conn, Connected
	if err := st.add(s, id); err != nil {
		_ = conn.Close()
		return nil, err
	}
	o.Owner.Opened(s)
	go func() { s.finish(sockets.Explain("recvmsg", run(s), noAddress)) }()
	return s, nil
}

func (s *Session) receiveDatagrams(r *sockets.DatagramReader) error {
	for {
		if !s.credits.take(s.quitting, nil) {
			return nil
		}
		list, err := r.Read(1 + s.credits.spare())
		if s.drained(err) {
			return nil
		}
		switch {
		case sockets.IsRefused(err):
			s.credits.give()
			s.tellRefused(err)
		case err != nil:
			return err
		default:
			s.receiveAll(list)
		}
	}
}

// tellRefused tells the owner that a datagram has not arrived.
func (s *Session) tellRefused(err error) {
	if s.udp.refused != nil {
		s.udp.refused(s, sockets.Explain("recvmsg", err, noAddress))
	}
}

func (s *Session) receiveDatagram(in sockets.Datagram, more bool) flow.Lender {
	now := s.store.clock.Now()
	d := s.newDelivery(now)
	i := item{rinfo: remoteInfo(in)}
	if s.opts.Line {
		i.payload = flow.DecodeUTF8(in.Data)
	} else {
		i.payload = flow.Buffer(append([]byte{}, in.Data...))
	}
	d.add(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != Connected { // its end is announced already
		d.items = d.items[:0]
	}
	s.counters.bytesIn += uint64(len(in.Data))
	s.idle.touch(now)
	s.rare.sendIdle.touch(now)
	s.lastChunk = now.Sub(s.store.epoch)
	return s.hand(d, s.claim.node, more)
}

// remoteInfo is the rinfo of Node.js' dgram: where a datagram came from; on a Unix
// socket that is a path. truncated is there if it did not come whole.
func remoteInfo(d sockets.Datagram) *flow.Object {
	var info *flow.Object
	if d.From.IsValid() {
		ip, family := d.From.Addr().Unmap(), "IPv4"
		if ip.Is6() {
			family = "IPv6"
		}
		info = flow.NewObject("address", ip.String(), "family", family,
			"port", float64(d.From.Port()), "size", float64(len(d.Data)))
	} else {
		info = flow.NewObject("address", d.Path, "family", "Unix", "size", float64(len(d.Data)))
	}
	if d.Truncated {
		info.Set("truncated", true)
	}
	return info
}

// SendTo writes a datagram. The error is an *[sockets.Error]. The write waits
// only while the system's buffer is full, which the network empties.
func (s *Session) SendTo(b []byte, to netip.AddrPort) error {
	if err := s.source().sendTo(b, to); err != nil {
		return err
	}
	s.sentDatagrams(1, len(b))
	return nil
}

// sendTo is SendTo of a socket, which does not count.
func (s *Session) sendTo(b []byte, to netip.AddrPort) error {
	conn, ok := s.conn.(*net.UDPConn)
	if !ok {
		return sockets.Explain("send", net.ErrClosed, to)
	}
	if err := s.writeTo(conn, b, to); err != nil {
		return sockets.Explain("send", err, to)
	}
	return nil
}

// SendToPath writes a datagram from a Unix socket to another and never waits (see
// [sockets.UnixDatagrams.SendTo]). The error is an *[sockets.Error].
func (s *Session) SendToPath(b []byte, path string) error {
	conn, ok := s.conn.(*sockets.UnixDatagrams)
	if !ok {
		return sockets.Explain("send", net.ErrClosed, noAddress)
	}
	if err := conn.SendTo(b, path); err != nil {
		return err
	}
	s.sentDatagrams(1, len(b))
	return nil
}

// IsUnix tells whether it is a session of a Unix socket.
func (s *Session) IsUnix() bool {
	_, ok := s.LocalAddr().(*net.UnixAddr)
	return ok
}

func (s *Session) writeTo(conn *net.UDPConn, b []byte, to netip.AddrPort) error {
	if conn.RemoteAddr() == nil {
		_, err := conn.WriteToUDPAddrPort(b, to)
		return err
	}
	_, err := conn.Write(b)
	if sockets.IsRefused(err) { // an earlier one was; this one has not left yet
		s.tellRefused(err)
		_, err = conn.Write(b)
	}
	return err
}

func (s *Session) sentDatagrams(n, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrote(bytes)
	s.counters.messagesOut += uint64(n)
}

// Outbox sends the datagrams of a node that nobody waits for: those of one batch
// (see [flow.Batcher]) go out together, in their order. It is used on the node's
// loop only.
type Outbox struct {
	host    flow.Batcher
	sent    func(bytes int, err error)
	session *Session // all that waits is for its socket
	asked   bool     // the flow has been asked to call Flush
	writer  sockets.DatagramWriter
	causes  []*flow.Cause // held until all is written
}

// NewOutbox returns the outbox of a node, nil if its host knows no batches. sent
// hears of each datagram what the system said.
func NewOutbox(host flow.Host, sent func(bytes int, err error)) *Outbox {
	b, ok := host.(flow.Batcher)
	if !ok {
		return nil
	}
	return &Outbox{host: b, sent: sent}
}

// Send sends a copy of a datagram on a UDP session at the end of the batch.
func (o *Outbox) Send(s *Session, b []byte, to netip.AddrPort, cause *flow.Cause) {
	if o.session != s {
		o.write()
		o.session = s
	}
	o.writer.Add(b, to)
	cause.Hold()
	o.causes = append(o.causes, cause)
	switch {
	case o.writer.Full():
		o.write()
	case !o.asked:
		o.asked = true
		o.host.AtEnd(o)
	}
}

// Flush implements [flow.Flusher].
func (o *Outbox) Flush() {
	o.asked = false
	o.write()
}

func (o *Outbox) write() {
	if len(o.causes) == 0 {
		return
	}
	n, bytes := 0, 0
	o.writer.Write(o.session.conn.(*net.UDPConn), func(size int, err error) {
		if err == nil {
			n++
			bytes += size
		}
		o.sent(size, err)
	})
	o.session.sentDatagrams(n, bytes)
	for _, c := range o.causes {
		c.Done()
	}
	clear(o.causes)
	o.causes = o.causes[:0]
}
