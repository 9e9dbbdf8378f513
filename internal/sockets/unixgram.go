package sockets

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/flowrun/flowrun/flow"
)

// DatagramConn is a socket of datagrams: a *[net.UDPConn] or a *[UnixDatagrams].
type DatagramConn interface {
	net.Conn
	net.PacketConn
}

// UnixDatagrams is a socket of datagrams between the processes of a machine. Its
// file goes when it is closed.
type UnixDatagrams struct {
	*net.UnixConn
	file string // empty: it has none
	once sync.Once
}

// CheckUnixDatagrams returns a *[flow.ConfigError], for the property that asks for
// such a socket, where the system has none.
func CheckUnixDatagrams(property string) error {
	if runtime.GOOS == "windows" {
		return &flow.ConfigError{Property: property, Reason: "Windows has no Unix sockets for datagrams"}
	}
	return nil
}

// ListenUnix binds a Unix socket to receive datagrams on: a file, whose
// permissions are mode in octal if that is not empty, or an abstract name that
// starts with @. A file that no socket is bound to any more is replaced. The error
// is an *[Error].
func (o UDPOptions) ListenUnix(path, mode string) (*UnixDatagrams, error) {
	conn, err := bindPath("bind", path, mode, func(name string) (*net.UnixConn, error) {
		return net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	})
	if err != nil {
		return nil, err
	}
	s := &UnixDatagrams{UnixConn: conn}
	if !isAbstract(path) {
		s.file = path
	}
	return s, o.setBuffers(s)
}

// OpenUnix opens a Unix socket to send datagrams from. It has no name, so that
// nobody can answer. The error is an *[Error].
func (o UDPOptions) OpenUnix() (*UnixDatagrams, error) {
	conn, err := openUnixgram()
	if err != nil {
		return nil, Explain("socket", err, netip.AddrPort{})
	}
	s := &UnixDatagrams{UnixConn: conn}
	return s, o.setBuffers(s)
}

// setBuffers sets what the options say of a Unix socket, or closes it.
func (o UDPOptions) setBuffers(s *UnixDatagrams) error {
	err := setTo("recvBufferSize", o.RecvBufferSize, s.SetReadBuffer)
	if err == nil {
		err = setTo("sendBufferSize", o.SendBufferSize, s.SetWriteBuffer)
	}
	if err != nil {
		_ = s.Close()
		return Explain("setsockopt", err, netip.AddrPort{})
	}
	return nil
}

// Close closes the socket and removes its file.
func (s *UnixDatagrams) Close() error {
	s.once.Do(func() {
		if s.file != "" {
			_ = os.Remove(s.file)
		}
	})
	return s.UnixConn.Close()
}

// SendTo writes a datagram to the socket of a path and never waits: if the
// receiver has as many as the system lets wait for it, that is an error, EAGAIN.
// The error is an *[Error].
func (s *UnixDatagrams) SendTo(b []byte, path string) error {
	raw, err := s.SyscallConn()
	if err == nil {
		failed := raw.Write(func(fd uintptr) bool {
			err = sendUnixgram(fd, b, unixName(path))
			return true
		})
		if failed != nil {
			err = failed
		}
	}
	if err != nil {
		return explainPath("send", err, path)
	}
	return nil
}

// readUnix reads a datagram; the name of its sender is empty if it has none.
func readUnix(conn *UnixDatagrams, b []byte) (Datagram, error) {
	n, _, flags, from, err := conn.ReadMsgUnix(b, nil)
	if err != nil {
		return Datagram{}, err
	}
	d := Datagram{Data: b[:n], Truncated: flags&truncated != 0}
	if from != nil {
		d.Path = from.Name
	}
	return d, nil
}

func isAbstract(path string) bool {
	return strings.HasPrefix(unixName(path), "@") && runtime.GOOS == "linux"
}
