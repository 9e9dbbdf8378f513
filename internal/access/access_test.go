package access

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/flowrun/flowrun/flow"
)

func list(t *testing.T, v flow.Value) *List {
	t.Helper()
	l, err := ParseList(v)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestList(t *testing.T) {
	text := "123.123.123.123\n10.0.0.1-10.0.0.10 # a range\n\n# nothing\n8592:757c:efae:4e45::/64\r\n192.168.0.0/16\n::1\nfe80::1-fe80::ff\n::ffff:172.16.0.0/108"
	l := list(t, text)
	both := list(t, flow.Array{"10.0.0.5-10.0.0.20", "10.0.0.0/29", "10.0.0.21"})
	for _, c := range []struct {
		l    *List
		addr string
		want bool
	}{
		{l, "123.123.123.123", true}, {l, "::ffff:7b7b:7b7b", true}, {l, "123.123.123.124", false},
		{l, "10.0.0.1", true}, {l, "10.0.0.10", true}, {l, "10.0.0.11", false}, {l, "::ffff:10.0.0.3", true},
		{l, "8592:757c:efae:4e45:fb5d:d62a:d00:8e17", true}, {l, "8592:757c:efae:4f45::1", false},
		{l, "192.168.255.255", true}, {l, "192.169.0.0", false}, {l, "192.167.255.255", false},
		{l, "::1", true}, {l, "::2", false}, {l, "fe80::20%eth0", true}, {l, "fe80::100", false},
		{l, "172.20.1.1", true}, {l, "172.32.0.0", false},
		{both, "10.0.0.0", true}, {both, "10.0.0.21", true}, {both, "10.0.0.22", false}, {both, "9.255.255.255", false},
		{list(t, "::/0"), "1.2.3.4", true}, {list(t, "0.0.0.0/0"), "::1", false}, {list(t, "0.0.0.0/0"), "255.255.255.255", true},
		{list(t, nil), "1.2.3.4", false}, {nil, "1.2.3.4", false},
	} {
		if got := c.l.Contains(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%s: %t", c.addr, got)
		}
	}
}

func TestBadList(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.0/33":         "10.0.0.0/33 is no subnet such as 10.0.0.0/8 or 2001:db8::/32",
		"example.com":         "example.com is no address, range of addresses or subnet",
		"10.0.0.9-10.0.0.1":   "10.0.0.9-10.0.0.1 ends before it begins",
		"10.0.0.9-::1":        "the ends of 10.0.0.9-::1 are of different families",
		"10.0.0.9-10.0.0.999": "10.0.0.9-10.0.0.999 is no range of addresses such as 192.168.1.5-192.168.1.9",
	} {
		if _, err := ParseList(in); err == nil || err.Error() != want {
			t.Errorf("%s: %v", in, err)
		}
	}
	for _, v := range []flow.Value{5.0, flow.Array{5.0}} {
		if _, err := ParseList(v); err == nil {
			t.Errorf("%v is taken", v)
		}
	}
}

func TestGate(t *testing.T) {
	g, err := Config{Allow: "10.0.0.0/8\n::1", Block: "10.0.0.66", Max: 3, MaxPerPeer: 2}.Gate()
	if err != nil {
		t.Fatal(err)
	}
	enter := func(peer string) (*Pass, Reason) {
		p, reason := g.Enter()
		if reason != Allowed {
			return nil, reason
		}
		if reason = p.Show(netip.MustParseAddr(peer)); reason != Allowed {
			p.Leave()
		}
		return p, reason
	}
	var first *Pass
	for i, c := range []struct {
		peer string
		want Reason
	}{
		{"10.0.0.1", Allowed}, {"10.0.0.66", InBlock}, {"11.0.0.1", NotInAllow},
		{"::ffff:10.0.0.1", Allowed}, {"10.0.0.1", TooManyPeer}, {"::1", Allowed}, {"::1", TooMany},
	} {
		p, got := enter(c.peer)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.peer, got, c.want)
		}
		if i == 0 {
			first = p
		}
	}
	first.Leave()
	if _, got := enter("10.0.0.1"); got != Allowed {
		t.Errorf("after one has left: %q", got)
	}
}

func TestAcceptRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := Config{AcceptRate: 10}.Gate()
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 30 {
			g.Await(t.Context())
		}
		if took := time.Since(start); took < 1900*time.Millisecond || took > 2100*time.Millisecond {
			t.Errorf("30 connections, 10 a second, took %s", took) // the first ten at once
		}
	})
}

func TestBadConfig(t *testing.T) {
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{Allow: "x"}, "allow: x is no address"},
		{Config{Block: "x"}, "block: x is no address"},
		{Config{Max: -1}, "maxConnections: must not be negative"},
		{Config{MaxPerPeer: -1}, "maxConnectionsPerPeer: must not be negative"},
		{Config{AcceptRate: -1}, "acceptRate: must not be negative"},
	} {
		if _, err := c.c.Gate(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
