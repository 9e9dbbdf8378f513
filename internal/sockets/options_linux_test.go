package sockets

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOptionsReachTheSocket(t *testing.T) {
	o := Options{
		KeepAlive: true, KeepAliveDelay: 5000, KeepAliveInterval: 2000, KeepAliveCount: 3,
		ReceiveBuffer: 50000, SendBuffer: 60000, TypeOfService: 184, UserTimeout: 7000, Linger: 4,
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		ln, err := Listening{}.Listen(t.Context(), Target{Host: host})
		if err != nil {
			t.Log("no IPv6 here:", err)
			continue
		}
		defer ln.Close()
		here, there := meet(t, ln, Dialing{Options: o})
		if err := o.Apply(there); err != nil {
			t.Fatal(err)
		}
		tos, level := unix.IP_TOS, unix.IPPROTO_IP
		if host == "::1" {
			tos, level = unix.IPV6_TCLASS, unix.IPPROTO_IPV6
		}
		for _, conn := range []net.Conn{here, there} {
			raw, err := conn.(*net.TCPConn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			err = raw.Control(func(fd uintptr) {
				for _, c := range []struct {
					what          string
					level, option int
					want          int
				}{
					{"noDelay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 0},
					{"keepAlive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
					{"idle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 5},
					{"interval", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 2},
					{"count", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
					{"receive buffer", unix.SOL_SOCKET, unix.SO_RCVBUF, 100000}, // Linux doubles it
					{"send buffer", unix.SOL_SOCKET, unix.SO_SNDBUF, 120000},
					{"type of service", level, tos, 184},
					{"user timeout", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7000},
				} {
					if got, err := unix.GetsockoptInt(int(fd), c.level, c.option); got != c.want || err != nil {
						t.Errorf("%s: %s is %d, %v, want %d", host, c.what, got, err, c.want)
					}
				}
				if l, err := unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER); err != nil || l.Onoff != 1 || l.Linger != 4 {
					t.Errorf("linger is %+v, %v", l, err)
				}
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}
