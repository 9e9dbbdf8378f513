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

// Bind makes a session of a bound UDP socket whose datagrams go to its owner:
// as text with Options.Line, else as bytes. Of those that are longer than size,
// which is [DatagramSize] at most, the rest is lost. The session owns the socket
// from then on. The error is [ErrExists].
func (st *Store) Bind(conn *net.UDPConn, id flow.Value, o *Options, size int) (*Session, error) {
	return st.bind(conn, id, o, func(s *Session) error {
		return s.receiveDatagrams(sockets.NewDatagramReader(conn, size))
	})
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

// BoundTo returns a session that receives datagrams on a port, nil if there is
// none.
func (st *Store) BoundTo(port int) *Session {
	for _, s := range st.list(nil) {
		if !s.udp || s.State() != Connected {
			continue
		}
		if a, ok := s.LocalAddr().(*net.UDPAddr); ok && a.Port == port {
			return s
		}
	}
	return nil
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

func (s *Session) receiveDatagrams(r *sockets.DatagramReader) error {
	for {
		if !s.credits.take(s.quitting, nil) {
			return nil
		}
		list, err := r.Read(1 + s.credits.spare())
		if s.drained(err) {
			return nil
		}
		if err != nil {
			return err
		}
		var lender flow.Lender
		for i, d := range list {
			if i > 0 {
				s.credits.take(s.quitting, nil) // does not wait: only this goroutine takes
			}
			lender = s.receiveDatagram(d, i < len(list)-1)
		}
		if lender != nil {
			lender.Lend()
		}
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
	s.counters.bytesIn += uint64(len(in.Data))
	s.lastChunk = now.Sub(s.store.epoch)
	return s.hand(d, s.owner, more)
}

// remoteInfo is the rinfo of Node.js' dgram: where a datagram came from.
// truncated is there if it did not come whole.
func remoteInfo(d sockets.Datagram) *flow.Object {
	ip, family := d.From.Addr().Unmap(), "IPv4"
	if ip.Is6() {
		family = "IPv6"
	}
	info := flow.NewObject("address", ip.String(), "family", family,
		"port", float64(d.From.Port()), "size", float64(len(d.Data)))
	if d.Truncated {
		info.Set("truncated", true)
	}
	return info
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
	s.sentDatagrams(1, len(b))
	return nil
}

func (s *Session) sentDatagrams(n, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.bytesOut += uint64(bytes)
	s.lastWrite = s.store.age()
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
