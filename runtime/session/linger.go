package session

import (
	"net"
	"time"
)

// lingerTime is how long a drained session whose peer goes on sending listens
// to it, without looking at what it says.
const lingerTime = time.Second

// linger lets the peer get what was written to it. A socket that is closed with
// something left to read resets the connection, and what the peer has not got
// by then is lost (RFC 2525, 2.17); so the rest is read and dropped, for a while.
func (s *Session) linger() {
	conn, ok := s.conn.(*net.TCPConn)
	if !ok {
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(lingerTime))
	if !s.socket.hasUnread() {
		return
	}
	_ = conn.CloseWrite()
	b := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(b)
	for {
		if _, err := conn.Read(b[:]); err != nil {
			return
		}
	}
}
