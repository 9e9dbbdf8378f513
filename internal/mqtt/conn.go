package mqtt

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/flowrun/flowrun/internal/backoff"
	"github.com/flowrun/flowrun/internal/sockets"
)

// handshake is how long connecting may take, as in MQTT.js (connectTimeout).
const handshake = 30 * time.Second

var errNoAnswer = fmt.Errorf("the broker has not answered within %v", handshake)

// errLeft is how a connection ends that has said goodbye.
var errLeft = errors.New("left")

// conn is one connection to a broker.
type conn struct {
	net.Conn
	codec   codec
	reader  *bufio.Reader
	writer  *bufio.Writer
	session *session
	keep    time.Duration // keep alive, 0 is never

	highest uint16            // topic alias that the broker takes
	aliased map[uint16]string // topics that it knows by one
	aliases map[uint16]string // topics that it has given one
}

// open dials a broker and shakes hands.
func open(ctx context.Context, o *Options, s *session) (*conn, *connack, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, handshake, errNoAnswer)
	defer cancel()
	raw, err := o.Dial(ctx)
	if err != nil {
		return nil, nil, cmp.Or(context.Cause(ctx), err)
	}
	c := &conn{
		Conn: raw, codec: codec3{}, reader: bufio.NewReader(raw), writer: bufio.NewWriter(raw), session: s,
		keep: time.Duration(o.KeepAlive) * time.Second, aliased: map[uint16]string{}, aliases: map[uint16]string{},
	}
	if o.Version == 5 {
		c.codec = codec5{}
	}
	interrupt := context.AfterFunc(ctx, func() { _ = raw.Close() })
	ack, err := c.greet(o)
	if !interrupt() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Close()
		return nil, nil, err
	}
	c.highest = ack.aliases
	if ack.keepAlive != nil {
		c.keep = time.Duration(*ack.keepAlive) * time.Second
	}
	return c, ack, nil
}

func (c *conn) greet(o *Options) (*connack, error) {
	if err := c.codec.connect(c.writer, o); err != nil {
		return nil, err
	}
	if err := c.writer.Flush(); err != nil {
		return nil, err
	}
	answer, err := c.codec.read(c.reader)
	_, plain := c.Conn.(*net.TCPConn)
	ack, ok := answer.(*connack)
	switch {
	case plain && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)):
		return nil, errors.New("the broker has hung up without an answer; it may want TLS")
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, err
	case !ok:
		return nil, errors.New("the peer is no MQTT broker")
	case ack.refusal != "":
		return nil, fmt.Errorf("the broker refuses the connection: %s", ack.refusal)
	}
	return ack, nil
}

// serve reads and writes until the connection ends, and says why it did. take
// gets what is not for the session.
func (c *conn) serve(ctx context.Context, take func(packet any)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	var work sync.WaitGroup
	var wrote error
	work.Go(func() {
		if wrote = c.write(ctx); errors.Is(wrote, errLeft) {
			c.linger(ctx)
		}
		cancel(wrote)
	})
	cancel(c.read(take))
	_ = c.Close()
	work.Wait()
	if errors.Is(wrote, errLeft) { // that the broker has hung up then is no news, though it may come first
		return wrote
	}
	return context.Cause(ctx)
}

// linger waits until the broker, which was told goodbye, hangs up and so reading
// ends. To close a connection on which the broker is still sending resets it: the
// broker may then not read what came last, and takes the client for lost.
func (c *conn) linger(ctx context.Context) {
	if half, ok := c.Conn.(sockets.CloseWriter); ok {
		_ = half.CloseWrite() // if the connection is gone already, reading says so
	}
	backoff.Wait(ctx, patience)
}

// read takes packets off the wire. A broker that says nothing for one and a half
// times the keep alive is gone.
func (c *conn) read(take func(packet any)) error {
	for {
		if c.keep > 0 {
			if err := c.SetReadDeadline(time.Now().Add(c.keep * 3 / 2)); err != nil {
				return err
			}
		}
		packet, err := c.codec.read(c.reader)
		if err != nil {
			return err
		}
		switch p := packet.(type) {
		case acknowledgement:
			c.session.acknowledged(p)
		case disconnect:
			return fmt.Errorf("the broker has hung up: %s", p.reason)
		case *publish:
			if err := c.resolve(p); err != nil {
				return err
			}
			take(p)
		default:
			take(p)
		}
	}
}

// resolve puts the topic in place of an alias.
func (c *conn) resolve(p *publish) error {
	if p.TopicAlias == 0 {
		return nil
	}
	if p.Topic == "" {
		if p.Topic = c.aliases[p.TopicAlias]; p.Topic == "" {
			return fmt.Errorf("the broker has sent topic alias %d without its topic", p.TopicAlias)
		}
	}
	c.aliases[p.TopicAlias] = p.Topic
	return nil
}

// write puts on the wire what the session has to send, and pings.
func (c *conn) write(ctx context.Context) error {
	var beat <-chan time.Time
	if c.keep > 0 {
		ticker := time.NewTicker(c.keep)
		defer ticker.Stop()
		beat = ticker.C
	}
	var written []func(error)
	finished := func() { // also those of QoS 0 that are lost with the connection: that is what QoS 0 means
		for _, done := range written {
			done(nil)
		}
		written = nil
	}
	defer finished()
	for {
		packet, done := c.session.next()
		if packet == nil {
			if err := c.writer.Flush(); err != nil {
				return err
			}
			finished()
			select {
			case <-c.session.wake:
			case <-beat:
				c.session.send(ping{})
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			continue
		}
		if done != nil {
			written = append(written, done)
		}
		if p, ok := packet.(*publish); ok {
			c.alias(p)
		}
		if err := c.codec.write(c.writer, packet); err != nil {
			return err
		}
		if _, ok := packet.(disconnect); ok {
			return errors.Join(c.writer.Flush(), errLeft)
		}
	}
}

// alias says a topic by its alias, if the broker takes it and knows it already.
func (c *conn) alias(p *publish) {
	p.topic, p.alias = p.Topic, 0
	if p.TopicAlias == 0 || p.TopicAlias > c.highest {
		return
	}
	if p.alias = p.TopicAlias; c.aliased[p.alias] == p.Topic {
		p.topic = ""
	}
	c.aliased[p.alias] = p.Topic
}
