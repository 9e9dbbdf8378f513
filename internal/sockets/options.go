package sockets

import (
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/flowrun/flowrun/flow"
)

// Options are how a TCP socket works. A node embeds them in its configuration.
// Unix sockets take the buffer sizes and leave the rest alone.
type Options struct {
	NoDelay           bool `json:"noDelay" doc:"small writes leave at once (TCP_NODELAY); false waits for more to send along (Nagle)"`
	KeepAlive         bool `json:"keepAlive" doc:"the system looks after silent peers with probes (SO_KEEPALIVE)"`
	KeepAliveDelay    int  `json:"keepAliveInitialDelay" doc:"milliseconds of silence before the first probe; 0 is the system's default"`
	KeepAliveInterval int  `json:"keepAliveInterval" doc:"milliseconds between probes; 0 is the system's default"`
	KeepAliveCount    int  `json:"keepAliveCount" doc:"probes without an answer after which the connection is broken; 0 is the system's default"`
	ReceiveBuffer     int  `json:"receiveBufferSize" doc:"bytes of the system's buffer for what arrives (SO_RCVBUF); 0 is the system's default"`
	SendBuffer        int  `json:"sendBufferSize" doc:"bytes of the system's buffer for what is sent (SO_SNDBUF); 0 is the system's default"`
	TypeOfService     int  `json:"typeOfService" doc:"the TOS byte, or traffic class, of the packets, 0 to 255; DSCP is its upper six bits (DSCP 46 is 184); 0 is the system's default"`
	UserTimeout       int  `json:"userTimeout" doc:"milliseconds that sent data may go without an acknowledgement until the connection is broken (TCP_USER_TIMEOUT, Linux); 0 is the system's default"`
	Linger            int  `json:"linger" doc:"seconds that closing waits for what is sent to be acknowledged (SO_LINGER), 0 resets the connection; -1 is the system's default"`
}

// DefaultOptions are those of a socket of Node.js.
func DefaultOptions() Options { return Options{NoDelay: true, Linger: -1} }

// WatchedOptions are those of a socket that has the system look after a silent
// peer as often as Go's net package does.
func WatchedOptions() Options {
	o := DefaultOptions()
	o.KeepAlive, o.KeepAliveDelay, o.KeepAliveInterval = true, 15_000, 15_000
	return o
}

// Validate checks the values. The error is a *[flow.ConfigError].
func (o Options) Validate() error {
	for _, c := range []struct {
		name         string
		value        int
		lowest, most int
	}{
		{"keepAliveInitialDelay", o.KeepAliveDelay, 0, math.MaxInt32},
		{"keepAliveInterval", o.KeepAliveInterval, 0, math.MaxInt32},
		{"keepAliveCount", o.KeepAliveCount, 0, 127},
		{"receiveBufferSize", o.ReceiveBuffer, 0, 1 << 30},
		{"sendBufferSize", o.SendBuffer, 0, 1 << 30},
		{"typeOfService", o.TypeOfService, 0, 255},
		{"userTimeout", o.UserTimeout, 0, math.MaxInt32},
		{"linger", o.Linger, -1, 65535},
	} {
		if c.value < c.lowest || c.value > c.most {
			return &flow.ConfigError{Property: c.name, Reason: fmt.Sprintf("expected a number from %d to %d, got %d", c.lowest, c.most, c.value)}
		}
	}
	if o.UserTimeout > 0 && !hasUserTimeout {
		return &flow.ConfigError{Property: "userTimeout", Reason: "only Linux has it; leave it 0 here"}
	}
	return nil
}

// Apply sets the options of a connection that is open, also below TLS. The error
// names the option.
func (o Options) Apply(conn net.Conn) error {
	if s, ok := conn.(*Secure); ok {
		conn = s.Socket()
	}
	if c, ok := conn.(interface {
		SetReadBuffer(bytes int) error
		SetWriteBuffer(bytes int) error
	}); ok {
		if err := errors.Join(
			setTo("receiveBufferSize", o.ReceiveBuffer, c.SetReadBuffer),
			setTo("sendBufferSize", o.SendBuffer, c.SetWriteBuffer),
		); err != nil {
			return err
		}
	}
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	var noDelay, keepAlive, linger error
	if !o.NoDelay { // the net package switches it on
		noDelay = c.SetNoDelay(false)
	}
	if o.KeepAlive {
		keepAlive = c.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: true, Count: keep(o.KeepAliveCount),
			Idle: keep(time.Duration(o.KeepAliveDelay) * time.Millisecond), Interval: keep(time.Duration(o.KeepAliveInterval) * time.Millisecond),
		})
	}
	if o.Linger >= 0 {
		linger = c.SetLinger(o.Linger)
	}
	return errors.Join(
		named("noDelay", noDelay),
		named("keepAlive", keepAlive),
		named("linger", linger),
		setTo("typeOfService", o.TypeOfService, func(tos int) error { return setTypeOfService(c, tos) }),
		setTo("userTimeout", o.UserTimeout, func(ms int) error {
			raw, err := c.SyscallConn()
			if err != nil {
				return err
			}
			return setOptions(raw, []func(uintptr) error{func(fd uintptr) error { return setUserTimeout(fd, ms) }})
		}),
	)
}

// setTo sets an option, unless it is to stay as the system has it.
func setTo(name string, value int, set func(int) error) error {
	if value == 0 {
		return nil
	}
	return named(name, set(value))
}

// named says which option an error is about.
func named(option string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", option, err)
}

// GoOnWriting has writes that wait for a peer go on when less than some bytes wait to
// be sent, not only when a third of the system's buffer is free, which may be
// megabytes. Only Linux can.
func GoOnWriting(c *net.TCPConn, below int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return setOptions(raw, []func(uintptr) error{func(fd uintptr) error { return setUnsent(fd, below) }})
}

// keep turns 0, the system's default, into what the net package calls that.
func keep[T int | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}

func setTypeOfService(c *net.TCPConn, tos int) error {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok && a.AddrPort().Addr().Is6() && !a.AddrPort().Addr().Is4In6() {
		return ipv6.NewConn(c).SetTrafficClass(tos)
	}
	return ipv4.NewConn(c).SetTOS(tos)
}
