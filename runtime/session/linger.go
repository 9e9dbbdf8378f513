package session

import (
	"time"

	"github.com/flowrun/flowrun/internal/sockets"
)

// lingerTime is how long after its last word a peer is still listened to when
// its session is closed after it was drained.
const lingerTime = time.Second

// linger lets a peer that was talking just now get what was written to it. A
// socket that is closed while something comes in resets the connection, and
// what the peer has not got by then is lost (RFC 2525, 2.17); so what it still
// says is read and dropped, until it ends its side too.
func (s *Session) linger() {
	conn, ok := s.conn.(sockets.CloseWriter)
	rest := s.lastChunk + lingerTime - s.store.age()
	if !ok || rest <= 0 {
		return
	}
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(rest))
	b := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(b)
	for {
		if _, err := conn.Read(b[:]); err != nil {
			return
		}
	}
}
