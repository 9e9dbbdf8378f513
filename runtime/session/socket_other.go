//go:build !unix

package session

import "net"

// rawSocket is the portable form: reads wait with a buffer in hand, and all
// writes go through the session's writer.
type rawSocket struct {
	conn   net.Conn
	prefix []byte // comes before what conn brings
	chunk  *[chunkSize]byte
}

func (r *rawSocket) open(conn net.Conn, prefix []byte) { r.conn, r.prefix = conn, prefix }

// wait returns at once: reads wait here.
func (r *rawSocket) wait() {}

// rest has nothing to give back.
func (r *rawSocket) rest() {}

// read waits for a chunk, which is valid until release is called. The error is
// io.EOF when the peer has ended its side.
func (r *rawSocket) read(bool) ([]byte, error) {
	if len(r.prefix) > 0 {
		chunk := r.prefix
		r.prefix = nil
		return chunk, nil
	}
	r.chunk = chunks.Get().(*[chunkSize]byte)
	n, err := r.conn.Read(r.chunk[:])
	if n > 0 {
		return r.chunk[:n], nil
	}
	r.release()
	return nil, err
}

// release gives the chunk's buffer back.
func (r *rawSocket) release() {
	if r.chunk != nil {
		chunks.Put(r.chunk)
		r.chunk = nil
	}
}

// tryWrite writes as much as the socket takes without waiting: here nothing.
func (r *rawSocket) tryWrite([]byte) (int, error) { return 0, nil }
