package sockets

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// ErrNoTarget says that neither the message nor the node names a host and port.
var ErrNoTarget = errors.New("no host and port")

// Target is where a connection or a datagram is to go.
type Target struct {
	Host string
	Port int
}

// FindTarget returns the host and port of a message, or where it has none the
// node's. Hosts are trimmed; a port may be text. Without a host or port the
// error is [ErrNoTarget], any other says in Node.js' words what is wrong with
// the value. lowest is the lowest port that may be asked for, 0 or 1: it only
// changes the words, for port 0 is none.
func FindTarget(msg *flow.Message, host string, port flow.Value, lowest int) (Target, error) {
	if v := msg.Get("host"); flow.Truthy(v) {
		text, ok := v.(string)
		if !ok {
			return Target{}, fmt.Errorf(`The "host" argument must be of type string. Received %s`, received(v)) //nolint:staticcheck // Node.js' words
		}
		host = text
	}
	switch v := msg.Get("port").(type) {
	case nil, flow.Null:
	default:
		port = v
	}
	t := Target{Host: flow.TrimSpace(host)}
	var ok bool
	if t.Port, ok = ParseInt(port); !ok || t.Port == 0 || t.Host == "" {
		return t, ErrNoTarget
	}
	return t, CheckPort("Port", t.Port, lowest)
}

// CheckPort returns an error in the words of Node.js' ERR_SOCKET_BAD_PORT unless
// the port is one. name is what Node.js calls the port there, lowest is 0 or 1.
func CheckPort(name string, port, lowest int) error {
	if port >= lowest && port <= 65535 {
		return nil
	}
	than := ">="
	if lowest > 0 {
		than = ">"
	}
	return fmt.Errorf("%s should be %s 0 and < 65536. Received type number (%d).", name, than, port) //nolint:revive,staticcheck // Node.js' words
}

// Port returns the port that a value says: a whole number from 0 to 65535, or text
// that says one. ok is false if it is none.
func Port(v flow.Value) (port int, ok bool) {
	n := flow.Number(v)
	if n != math.Trunc(n) || CheckPort("", int(n), 0) != nil { // NaN is not equal to itself
		return 0, false
	}
	return int(n), true
}

// Milliseconds reads a duration as the editor writes it: a number or text, and
// what is no number, or below 0, is 0.
func Milliseconds(v flow.Value) time.Duration {
	n, _ := ParseInt(v)
	return time.Duration(max(n, 0)) * time.Millisecond
}

// received describes a value as Node.js does in ERR_INVALID_ARG_TYPE.
func received(v flow.Value) string {
	switch v := v.(type) {
	case float64, bool:
		return fmt.Sprintf("type %s (%s)", flow.TypeName(v), flow.Text(v))
	case flow.Array, flow.Buffer, flow.Date:
		return "an instance of " + flow.TypeName(v)
	}
	return "an instance of Object"
}

// ParseInt reads a whole number as JavaScript's parseInt(v, 10) does: the
// digits at the start of the text count and the rest does not.
func ParseInt(v flow.Value) (n int, ok bool) {
	text := flow.TrimSpace(flow.Text(v))
	negative := false
	if text != "" && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	for i := 0; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		ok = true
		if n < 1<<27 { // more digits are far outside of what a caller takes
			n = n*10 + int(text[i]-'0')
		}
	}
	if negative {
		n = -n
	}
	return n, ok
}
