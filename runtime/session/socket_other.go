//go:build !unix

package session

import "net"

// rawSocket is the portable form: reads wait with a buffer in hand, and all
// writes go through the session's writer.
type rawSocket struct{ conn *net.TCPConn }

func (r *rawSocket) open(conn *net.TCPConn) { r.conn = conn }

// read waits for a chunk and hands it to the caller's function. The error is
// io.EOF when the peer has ended its side.
func (r *rawSocket) read(use func([]byte)) error {
	b := chunks.Get().(*[chunkSize]byte)
	defer chunks.Put(b)
	n, err := r.conn.Read(b[:])
	if n > 0 {
		use(b[:n])
		return nil
	}
	return err
}

// tryWrite writes as much as the socket takes without waiting: here nothing.
func (r *rawSocket) tryWrite([]byte) (int, error) { return 0, nil }
