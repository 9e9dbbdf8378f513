package session

import (
	"errors"
	"net"
	"time"

	"github.com/flowrun/flowrun/internal/sockets"
)

// ErrNoTCP says that a session is not one of TCP, or not connected.
var ErrNoTCP = errors.New("not a connected TCP session")

// Pause stops reading: the peer is slowed down by TCP when the system's buffers
// are full. What has been read is handled, and writing goes on. A UDP socket goes
// on reading: what does not fit into the system's buffer would be lost.
func (s *Session) Pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rare.paused == nil && s.state <= Connected && s.udp == nil && !s.full.Load() {
		s.own().paused = make(chan struct{})
		s.stopReading()
	}
}

// Resume goes on reading after [Session.Pause].
func (s *Session) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resume()
}

// resume is Resume. The caller holds the lock.
func (s *Session) resume() {
	if s.rare.paused != nil && s.conn != nil {
		_ = s.conn.SetReadDeadline(time.Time{})
	}
	s.unpause()
}

// Paused tells whether reading is stopped by [Session.Pause].
func (s *Session) Paused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rare.paused != nil
}

// unpause lets the reader go on. The caller holds the lock.
func (s *Session) unpause() {
	if s.rare.paused != nil {
		close(s.rare.paused)
		s.rare.paused = nil
	}
}

// awaitResume returns when reading is not paused any more.
func (s *Session) awaitResume() {
	s.mu.Lock()
	paused := s.rare.paused
	s.mu.Unlock()
	if paused != nil {
		<-paused
	}
}

// CanSend tells whether [Session.Send] takes data: the session is connected, or
// keeps them until it is.
func (s *Session) CanSend() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == Connected || s.state == Connecting && s.opts.Offline > 0
}

// Reset closes the session at once, and tells the peer by a TCP reset (RST)
// that what was under way is lost.
func (s *Session) Reset() {
	if c, err := s.tcp(); err == nil {
		_ = c.SetLinger(0)
	}
	s.Destroy()
}

// SetTimeout changes how long nothing may happen until the owner hears of it; 0
// is for ever.
func (s *Session) SetTimeout(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle == nil && d > 0 {
		s.idle = &idleTimer{clock: s.store.clock, expire: s.ownerIdle}
	}
	s.idle.set(d)
}

// SetNoDelay says whether small writes leave at once (TCP_NODELAY). The error is
// [ErrNoTCP] or the system's.
func (s *Session) SetNoDelay(on bool) error {
	c, err := s.tcp()
	if err != nil {
		return err
	}
	return c.SetNoDelay(on)
}

// SetKeepAlive has the system look after a silent peer: when nothing was heard
// for idle (0: as it was), with probes that break the connection in the end. The
// error is [ErrNoTCP] or the system's.
func (s *Session) SetKeepAlive(on bool, idle time.Duration) error {
	c, err := s.tcp()
	if err != nil {
		return err
	}
	if idle <= 0 {
		idle = -1 // leave it alone
	}
	return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: on, Idle: idle, Interval: -1, Count: -1})
}

// tcp returns the TCP socket, also below TLS.
func (s *Session) tcp() (*net.TCPConn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn := s.conn
	if secure, ok := conn.(*sockets.Secure); ok {
		conn = secure.Socket()
	}
	if c, ok := conn.(*net.TCPConn); ok && s.state != Closed {
		return c, nil
	}
	return nil, ErrNoTCP
}
