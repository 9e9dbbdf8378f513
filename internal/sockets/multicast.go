package sockets

import (
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/flowrun/flowrun/flow"
)

const addMembership = "addMembership"

// Addresses reads a list of addresses as it stands in a property: an array of
// texts, or one text with commas.
func Addresses(v flow.Value) []string {
	texts := []string{}
	if list, ok := v.(flow.Array); ok {
		for _, item := range list {
			texts = append(texts, flow.Text(item))
		}
	} else if v != nil && v != (flow.Null{}) {
		texts = strings.Split(flow.Text(v), ",")
	}
	var addresses []string
	for _, text := range texts {
		if text = flow.TrimSpace(text); text != "" {
			addresses = append(addresses, text)
		}
	}
	return addresses
}

// joinGroups joins multicast groups on an interface (see [FindInterface]), each
// for all senders or for the sources of its family only. The error is an
// *[Error].
func joinGroups(conn *net.UDPConn, groups, sources []string, ifname string) error {
	for _, g := range groups {
		group, err := netip.ParseAddr(g)
		if err != nil {
			return invalid(addMembership)
		}
		name := ifname
		if group.Zone() != "" { // ff02::1%eth0
			name = group.Zone()
		}
		ifi, err := FindInterface(name)
		if err != nil {
			return err
		}
		if err := joinGroup(conn, group, sources, ifi); err != nil {
			return err
		}
	}
	return nil
}

// memberships is what ipv4 and ipv6 sockets can both do.
type memberships interface {
	JoinGroup(ifi *net.Interface, group net.Addr) error
	JoinSourceSpecificGroup(ifi *net.Interface, group, source net.Addr) error
}

func joinGroup(conn *net.UDPConn, group netip.Addr, sources []string, ifi *net.Interface) error {
	var socket memberships = ipv4.NewPacketConn(conn)
	if group.Is6() {
		socket = ipv6.NewPacketConn(conn)
	}
	to := &net.UDPAddr{IP: group.AsSlice()}
	if len(sources) == 0 {
		return explainJoin(socket.JoinGroup(ifi, to))
	}
	for _, s := range sources {
		source, err := netip.ParseAddr(s)
		if err != nil {
			return invalid("addSourceSpecificMembership")
		}
		if source.Is6() != group.Is6() {
			continue
		}
		if err := explainJoin(socket.JoinSourceSpecificGroup(ifi, to, &net.UDPAddr{IP: source.AsSlice()})); err != nil {
			return err
		}
	}
	return nil
}

func explainJoin(err error) error {
	if err == nil {
		return nil
	}
	if _, known := find(err); !known {
		return invalid(addMembership) // the package's own check, before it asks the system
	}
	return Explain(addMembership, err, netip.AddrPort{})
}

func setMulticastInterface(conn *net.UDPConn, name string) error {
	ifi, err := FindInterface(name)
	if err != nil {
		return err
	}
	if isIPv6(conn) {
		return ipv6.NewPacketConn(conn).SetMulticastInterface(ifi)
	}
	return ipv4.NewPacketConn(conn).SetMulticastInterface(ifi)
}

// FindInterface returns the network interface of this name or with this address;
// nil, the one that the system chooses, if the name is empty. The error is an
// *[Error].
func FindInterface(name string) (*net.Interface, error) {
	if name == "" {
		return nil, nil
	}
	if ifi, err := net.InterfaceByName(name); err == nil {
		return ifi, nil
	}
	wanted, err := netip.ParseAddr(name)
	list, _ := net.Interfaces()
	for _, ifi := range list {
		addrs, _ := ifi.Addrs()
		for _, a := range addrs {
			if own, ok := a.(*net.IPNet); ok && err == nil && own.IP.Equal(wanted.AsSlice()) {
				return &ifi, nil
			}
		}
	}
	return nil, &Error{Code: "ENODEV", Text: addMembership + ` ENODEV: there is no network interface "` + name + `"`}
}
