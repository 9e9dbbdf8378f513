package sockets

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestExplain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the system's errors have other numbers there")
	}
	at := netip.MustParseAddrPort
	for _, c := range []struct {
		op   string
		err  error
		addr netip.AddrPort
		code string
		text string
	}{
		{"connect", syscall.ECONNREFUSED, at("127.0.0.1:4000"), "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:4000"},
		{"connect", syscall.ECONNREFUSED, at("[::1]:4000"), "ECONNREFUSED", "connect ECONNREFUSED ::1:4000"},
		{"connect", syscall.ENETUNREACH, at("192.0.2.1:9"), "ENETUNREACH", "connect ENETUNREACH 192.0.2.1:9 - Local (0.0.0.0:0)"},
		{"connect", syscall.ENETUNREACH, at("[2001:db8::1]:9"), "ENETUNREACH", "connect ENETUNREACH 2001:db8::1:9 - Local (:::0)"},
		{"listen", &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}, at("127.0.0.1:4000"), "EADDRINUSE", "listen EADDRINUSE: address already in use 127.0.0.1:4000"},
		{"bind", syscall.EADDRINUSE, at("127.0.0.1:5000"), "EADDRINUSE", "bind EADDRINUSE 127.0.0.1:5000"},
		{"read", fmt.Errorf("wrapped: %w", syscall.ECONNRESET), netip.AddrPort{}, "ECONNRESET", "read ECONNRESET"},
		{"connect", &net.DNSError{Name: "x.invalid", IsNotFound: true}, netip.AddrPort{}, "ENOTFOUND", "getaddrinfo ENOTFOUND x.invalid"},
		{"connect", &net.DNSError{Name: "x.invalid", IsTimeout: true}, netip.AddrPort{}, "EAI_AGAIN", "getaddrinfo EAI_AGAIN x.invalid"},
		{"read", errors.New("something else"), netip.AddrPort{}, "UNKNOWN", "read something else"},
	} {
		got := Explain(c.op, c.err, c.addr)
		if got.Code != c.code || got.Text != c.text {
			t.Errorf("got %s %q, want %s %q", got.Code, got.Text, c.code, c.text)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("%q does not wrap its error", got.Text)
		}
	}
	if Explain("read", nil, netip.AddrPort{}) != nil {
		t.Error("nil is an error")
	}
}

func TestParseInt(t *testing.T) {
	for _, c := range []struct {
		v  flow.Value
		n  int
		ok bool
	}{
		{80.0, 80, true}, {"2323", 2323, true}, {" 80 ", 80, true}, {"80abc", 80, true}, {80.9, 80, true}, {"-5", -5, true},
		{"", 0, false}, {"x", 0, false}, {nil, 0, false}, {flow.Null{}, 0, false}, {true, 0, false}, {"0x10", 0, true},
		{flow.Array{80.0}, 80, true},
	} {
		if n, ok := ParseInt(c.v); n != c.n || ok != c.ok {
			t.Errorf("%v: got %d, %t", c.v, n, ok)
		}
	}
	if n, ok := ParseInt("99999999999999999999"); !ok || n < 1<<27 {
		t.Errorf("a huge number gives %d, %t", n, ok)
	}
}
