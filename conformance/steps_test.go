//go:build unix

package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/dlclark/regexp2/v2"

	"github.com/flowrun/flowrun/flow"
)

// post sends a request to the admin API and returns its status code, 0 when
// there was no answer.
func (d *driver) post(ctx context.Context, path string, body []byte, deployType string) int {
	ctx, cancel := context.WithTimeout(ctx, patience*15*time.Second)
	defer cancel()
	url := "http://127.0.0.1:" + strconv.Itoa(d.adminPort) + path
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if deployType != "" {
		request.Header.Set("Node-RED-Deployment-Type", deployType)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func (d *driver) connect(ctx context.Context, s step, check checker) error {
	dialer := net.Dialer{Timeout: within(s.WithinMS, 3000)}
	c, err := dialer.DialContext(ctx, "tcp", s.address("127.0.0.1"))
	outcome := "ok"
	var netErr net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		outcome = "refused"
	case errors.As(err, &netErr) && netErr.Timeout():
		outcome = "connect-timeout"
	case err != nil:
		return err
	}
	if err != nil {
		d.Update(func() { d.refused[s.ID] = outcome })
	} else {
		d.attach(s.ID, c)
	}
	check((outcome == "ok") == (s.Expect == "" || s.Expect == "ok"), "outcome", outcome)
	return nil
}

// attach makes a connection one of the driver's and reads it.
func (d *driver) attach(id string, c net.Conn) *conn {
	peer := &conn{Conn: c, board: d.board}
	d.Update(func() {
		delete(d.refused, id)
		d.conns[id] = peer
	})
	d.readers.Go(peer.read)
	return peer
}

// serve listens, and plays the script with every connection; they are called
// ID.1, ID.2 …
func (d *driver) serve(ctx context.Context, s step) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.address("127.0.0.1"))
	if err != nil {
		return err
	}
	d.Update(func() { d.servers[s.ID] = listener })
	d.readers.Go(func() {
		for n := 1; ; n++ {
			c, err := listener.Accept()
			if err != nil {
				return // closed
			}
			peer := d.attach(s.ID+"."+strconv.Itoa(n), c)
			d.readers.Go(func() { _ = peer.play(ctx, s.Script) }) // a failure shows in the peer
		}
	})
	return nil
}

func (d *driver) unserve(s step) error {
	var listener net.Listener
	d.Update(func() {
		listener = d.servers[s.ID]
		delete(d.servers, s.ID)
	})
	if listener == nil {
		return fmt.Errorf("no server %s", s.ID)
	}
	return listener.Close()
}

// doConn does a step with a connection that is there or about to be.
func (d *driver) doConn(ctx context.Context, s step, check checker) error {
	var c *conn
	reason := ""
	if !d.Wait(ctx, within(nil, 3000), func() bool {
		c, reason = d.conns[s.ID], d.refused[s.ID]
		return c != nil || reason != ""
	}) {
		return fmt.Errorf("no connection %s", s.ID)
	}
	if c == nil && s.Do == "tcp.expect_close" {
		check(s.Kind == "" || s.Kind == reason, "end", reason)
		return nil
	}
	if c == nil {
		return fmt.Errorf("connection %s: %s", s.ID, reason)
	}
	switch s.Do {
	case "tcp.send":
		return c.sendStep(ctx, s)
	case "tcp.expect":
		return c.expect(ctx, s, check)
	case "tcp.expect_close":
		return c.expectClose(ctx, s, check)
	case "tcp.end":
		return c.finish()
	case "tcp.close":
		d.Update(func() {
			if !c.seen { // else what was seen stands
				c.end = "local-close"
			}
		})
		return c.Close()
	case "tcp.reset":
		return c.reset()
	}
	return fmt.Errorf("unknown step %s", s.Do)
}

func (c *conn) sendStep(ctx context.Context, s step) error {
	if len(s.Segments) == 0 {
		b, err := s.bytes()
		if err != nil {
			return err
		}
		c.send(b)
		return nil
	}
	for i, segment := range s.Segments {
		if i > 0 {
			pause(ctx, milliseconds(s.GapMS, 80))
		}
		b, err := segment.bytes()
		if err != nil {
			return err
		}
		c.send(b)
	}
	return nil
}

func (c *conn) expect(ctx context.Context, s step, check checker) error {
	want, err := s.bytes()
	if err != nil {
		return err
	}
	var got []byte
	ok := c.board.Wait(ctx, within(s.WithinMS, 3000), func() bool {
		got = c.received[c.next:]
		found := c.find(s.Regex, want)
		if found == nil {
			return false
		}
		got = got[:found.end]
		c.next += found.end
		return true
	})
	check(ok, "got", showBytes(got))
	return nil
}

func (c *conn) expectClose(ctx context.Context, s step, check checker) error {
	var end flow.Value = flow.Null{}
	ok := c.board.Wait(ctx, within(s.WithinMS, 3000), func() bool {
		if c.end == "" {
			return false
		}
		end, c.seen = c.end, true
		return true
	})
	check(ok && (s.Kind == "" || s.Kind == end), "end", end)
	return nil
}

func (d *driver) listenUDP(ctx context.Context, s step) error {
	host := "127.0.0.1"
	if s.Group != "" {
		host = "0.0.0.0"
	}
	c, err := listenUDP(ctx, s.address(host), s.Group)
	if err != nil {
		return err
	}
	peer := &udpPeer{PacketConn: c, board: d.board}
	d.Update(func() { d.udps[s.ID] = peer })
	d.readers.Go(peer.read)
	return nil
}

func (d *driver) udp(id string) (*udpPeer, error) {
	var u *udpPeer
	d.Look(func() { u = d.udps[id] })
	if u == nil {
		return nil, fmt.Errorf("no UDP socket %s", id)
	}
	return u, nil
}

// sendUDP sends from the socket named, or from one of its own.
func (d *driver) sendUDP(ctx context.Context, s step) (err error) {
	b, err := s.bytes()
	if err != nil {
		return err
	}
	if s.ID != "" {
		u, err := d.udp(s.ID)
		if err != nil {
			return err
		}
		return sendTo(u, s.address("127.0.0.1"), b)
	}
	from := s.FromPort.String()
	if from == "" {
		from = "0"
	}
	c, err := senderUDP(ctx, from)
	if err != nil {
		return err
	}
	return errors.Join(sendTo(c, s.address("127.0.0.1"), b), c.Close())
}

func (d *driver) expectUDP(ctx context.Context, s step, check checker) error {
	want, err := s.bytes()
	if err != nil {
		return err
	}
	u, err := d.udp(s.ID)
	if err != nil {
		return err
	}
	var got datagram
	if !d.Wait(ctx, within(s.WithinMS, 3000), func() bool {
		if len(u.got) <= u.next {
			return false
		}
		got = u.got[u.next]
		u.next++
		return true
	}) {
		check(false, "got", flow.Null{})
		return nil
	}
	ok := true
	if s.Regex != "" {
		ok = regexFind(s.Regex, byteRunes(got.data), regexp2.Singleline) != nil
	} else if s.given() {
		ok = bytes.Equal(got.data, want)
	}
	check(ok, "got", showBytes(got.data), "bytes", float64(len(got.data)))
	return nil
}
