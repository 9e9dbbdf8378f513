package sockets

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Dialing is how a connection is made. A node embeds it in its configuration.
type Dialing struct {
	Path           string     `json:"path" doc:"a Unix socket to connect to instead of host and port; @name is an abstract one (Linux)"`
	Family         int        `json:"family" doc:"addresses of a name that count: 4, 6 or 0 for both"`
	LocalAddress   string     `json:"localAddress" doc:"own address to connect from; empty is the system's choice"`
	LocalPort      flow.Value `json:"localPort" doc:"own port to connect from; empty is the system's choice"`
	Interface      string     `json:"interface" doc:"network interface to use, such as eth0 (Linux)"`
	ConnectTimeout flow.Value `json:"connectTimeout" doc:"milliseconds that connecting may take; 0 leaves it to the system"`
	Options
}

// Validate checks the values. The error is a *[flow.ConfigError].
func (d Dialing) Validate() error {
	switch {
	case d.Family != 0 && d.Family != 4 && d.Family != 6:
		return &flow.ConfigError{Property: "family", Reason: "expected 0, 4 or 6"}
	case d.LocalAddress != "" && !IsAddress(d.LocalAddress):
		return &flow.ConfigError{Property: "localAddress", Reason: "expected an IP address, got " + d.LocalAddress}
	case d.Interface != "" && runtime.GOOS != "linux":
		return &flow.ConfigError{Property: "interface", Reason: errNotHere}
	}
	if port, _ := ParseInt(d.LocalPort); port < 0 || port > 65535 {
		return &flow.ConfigError{Property: "localPort", Reason: "expected a number from 0 to 65535"}
	}
	return d.Options.Validate()
}

const errNotHere = "only Linux has it; leave it empty here"

// Dial connects to a host, an IP address or a name, or to the Unix socket. A
// name's addresses are tried at the same time, the next one when nothing has come
// of those before for a quarter of a second (RFC 8305), IPv4 first. The error is
// that of the first address, an *[Error], unless the context has ended.
func (d Dialing) Dial(ctx context.Context, t Target) (conn net.Conn, err error) {
	err = d.limited(ctx, t, func(ctx context.Context) (err error) {
		conn, err = d.dial(ctx, t)
		return err
	})
	return conn, err
}

// limited runs an attempt with the time that it may take.
func (d Dialing) limited(ctx context.Context, t Target, attempt func(context.Context) error) error {
	timeout := Milliseconds(d.ConnectTimeout)
	if timeout == 0 {
		return attempt(ctx)
	}
	short, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := attempt(short)
	if err != nil && ctx.Err() == nil && short.Err() != nil {
		return &Error{Code: "ETIMEDOUT", Text: "connect ETIMEDOUT " + d.name(t), Err: short.Err()}
	}
	return err
}

func (d Dialing) name(t Target) string {
	if d.Path != "" {
		return d.Path
	}
	return t.Host + ":" + portText(t.Port)
}

func (d Dialing) dial(ctx context.Context, t Target) (net.Conn, error) {
	var conn net.Conn
	var err error
	if d.Path != "" {
		conn, err = d.dialer().DialContext(ctx, "unix", unixName(d.Path))
		if err != nil && ctx.Err() == nil {
			err = explainPath("connect", err, d.Path)
		}
	} else {
		conn, err = d.dialHost(ctx, t)
	}
	if err != nil {
		return nil, err
	}
	if err := d.Apply(conn); err != nil {
		_ = conn.Close()
		return nil, Explain("setsockopt", err, netip.AddrPort{})
	}
	return conn, nil
}

func (d Dialing) dialHost(ctx context.Context, t Target) (net.Conn, error) {
	addrs, err := Lookup(ctx, t.Host)
	if err != nil {
		return nil, err
	}
	addrs = ofFamily(addrs, d.Family)
	if len(addrs) == 0 {
		return nil, explainLookup(&net.DNSError{Name: t.Host, IsNotFound: true})
	}
	return race(ctx, alternate(addrs), func(ctx context.Context, ip netip.Addr) (net.Conn, error) {
		addr := netip.AddrPortFrom(ip, uint16(t.Port))
		conn, err := d.dialer().DialContext(ctx, "tcp", addr.String())
		if err != nil && ctx.Err() == nil {
			return nil, Explain("connect", err, addr)
		}
		return conn, err
	})
}

func (d Dialing) dialer() *net.Dialer {
	n := &net.Dialer{KeepAlive: -1}
	if port, _ := ParseInt(d.LocalPort); d.Path == "" && (port != 0 || d.LocalAddress != "") {
		n.LocalAddr = &net.TCPAddr{IP: net.ParseIP(d.LocalAddress), Port: port}
	}
	if d.Interface != "" {
		n.Control = func(_, _ string, c syscall.RawConn) error {
			return setOptions(c, []func(uintptr) error{func(fd uintptr) error { return bindToInterface(fd, d.Interface) }})
		}
	}
	return n
}

// unixName is the name of a Unix socket for the net package: one that starts with
// @ or a zero byte is abstract.
func unixName(path string) string {
	if strings.HasPrefix(path, "\x00") {
		return "@" + path[1:]
	}
	return path
}

func ofFamily(addrs []netip.Addr, family int) []netip.Addr {
	if family == 0 {
		return addrs
	}
	var list []netip.Addr
	for _, a := range addrs {
		if a.Is4() == (family == 4) {
			list = append(list, a)
		}
	}
	return list
}

// alternate puts addresses of the two families in turn, in the order they have
// (RFC 8305, 4).
func alternate(addrs []netip.Addr) []netip.Addr {
	first, second := ofFamily(addrs, 4), ofFamily(addrs, 6)
	if len(addrs) > 0 && addrs[0].Is6() {
		first, second = second, first
	}
	var list []netip.Addr
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			list = append(list, first[i])
		}
		if i < len(second) {
			list = append(list, second[i])
		}
	}
	return list
}

// attemptDelay is how long an attempt has before the next one starts beside it
// (RFC 8305, 5).
const attemptDelay = 250 * time.Millisecond

// race returns the first connection that one of the addresses gives, or the first
// address' error.
func race(ctx context.Context, addrs []netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
		n    int
	}
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan result)
	started, ended := 0, 0
	start := func() {
		n := started
		started++
		go func() {
			conn, err := dial(ctx, addrs[n])
			results <- result{conn, err, n}
		}()
	}
	defer func() { // no attempt outlives the race
		cancel()
		for ; ended < started; ended++ {
			if r := <-results; r.conn != nil {
				_ = r.conn.Close()
			}
		}
	}()
	start()
	var first error
	for {
		var next <-chan time.Time
		if started < len(addrs) {
			next = time.After(attemptDelay)
		}
		select {
		case r := <-results:
			ended++
			if r.err == nil {
				return r.conn, nil
			}
			if r.n == 0 || first == nil {
				first = r.err
			}
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case started < len(addrs):
				start()
			case ended == started:
				return nil, first
			}
		case <-next:
			start()
		}
	}
}
