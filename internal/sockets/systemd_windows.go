package sockets

import "net"

// passed fails: there is no systemd.
func passed(string) (net.Listener, error) {
	return nil, &Error{Code: "ENOTSUP", Text: "listen ENOTSUP: there is no systemd here"}
}
