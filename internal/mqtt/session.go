package mqtt

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
)

// How many messages of QoS 1 and 2 wait for their acknowledgement at a time; a
// broker of MQTT 5 may want fewer. Lookups in lists this short need no index.
const (
	maxWindow = 64
	// maxExact is how many there may be with one of QoS 2 among them, if the
	// broker is older than MQTT 5 and cannot say what it takes. Of more than its
	// max_inflight_messages, by default 20, mosquitto loses some in a restart: it
	// takes them for messages that have not come in yet.
	maxExact = 20
)

// How a message may end without having arrived.
var (
	ErrQueueFull = errors.New("mqtt: too many messages wait for the broker")
	ErrStopped   = errors.New("mqtt: the broker node has stopped")
	ErrTopic     = errors.New("mqtt: invalid topic")
)

// outgoing is a message to send.
type outgoing struct {
	*publish
	released bool // QoS 2: the broker has it, what is left is the end of the handshake
	done     func(error)
}

// session is what outlives a connection: messages that are not acknowledged. The
// packets that are to be sent come from it, too, since there is one order for
// all of them.
type session struct {
	wake chan struct{} // tells the connection's writer that there is something

	mu       sync.Mutex
	limit    int         // of the queue; 0 is none
	queue    []*outgoing // not sent
	inflight []*outgoing // sent, in order, and not acknowledged
	again    []*outgoing // those of them that this connection has not sent yet
	lastID   uint16
	asked    map[uint16]any       // packets that subscribe or unsubscribe
	received map[uint16]*incoming // until they are acknowledged; QoS 2: until their id is free
	order    []*incoming          // those of this connection, in the order of their acknowledgements
	control  []any                // packets of this connection that go before others
	broker   limits               // what this connection's broker can do
	online   bool                 // there is a connection
	leaving  bool                 // nothing is left to do but to say goodbye
}

func newSession(limit int) *session {
	return &session{
		wake: make(chan struct{}, 1), limit: limit,
		lastID: uint16(rand.N(1 << 16)), // a broker may have some from before a crash, and take new messages for those
		asked:  map[uint16]any{}, received: map[uint16]*incoming{},
	}
}

// notify wakes the writer.
func (s *session) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// publish queues a message. done is called once: when it is acknowledged, or
// with QoS 0 written, or cannot be sent. It may be called before publish
// returns.
func (s *session) publish(m *Message, done func(error)) {
	if !ValidTopic(m.Topic) { // brokers hang up on it
		done(ErrTopic)
		return
	}
	s.mu.Lock()
	if s.limit > 0 && len(s.queue) >= s.limit {
		s.mu.Unlock()
		done(ErrQueueFull)
		return
	}
	s.queue = append(s.queue, &outgoing{publish: &publish{Message: m}, done: done})
	s.mu.Unlock()
	s.notify()
}

// begin takes up a new connection: what was sent and not acknowledged is sent
// again. A broker that has not kept the session knows nothing of it, and gets it
// as new messages, before those that wait.
func (s *session) begin(c *connack) {
	s.mu.Lock()
	var ended []*outgoing
	s.broker, s.online = c.limits, true
	s.order, s.control, s.again, s.asked = nil, nil, nil, map[uint16]any{}
	if c.present {
		for _, o := range s.inflight {
			if o.released { // what is sent again is the release [MQTT-4.4.0-1]
				s.control = append(s.control, acknowledgement{kind: pubrel, id: o.id})
				continue
			}
			o.dup = true
			s.again = append(s.again, o)
		}
	} else {
		s.received = map[uint16]*incoming{}
		var again []*outgoing
		for _, o := range s.inflight {
			if o.released { // the broker has taken it over: sending it again might double it
				ended = append(ended, o)
				continue
			}
			o.id, o.dup = 0, false
			again = append(again, o)
		}
		s.queue, s.inflight = append(again, s.queue...), nil
	}
	s.mu.Unlock()
	finish(ended, nil)
	s.notify()
}

func finish(list []*outgoing, err error) {
	for _, o := range list {
		o.done(err)
	}
}

// end is called when the connection is gone.
func (s *session) end() {
	s.mu.Lock()
	s.online, s.control, s.order = false, nil, nil
	s.mu.Unlock()
}

// stay takes back what leave has said.
func (s *session) stay() {
	s.mu.Lock()
	s.leaving = false
	s.mu.Unlock()
}

// leave has the connection say goodbye when all messages are acknowledged, or at
// once.
func (s *session) leave(now bool) {
	s.mu.Lock()
	s.leaving = true
	if now {
		s.control = append(s.control, disconnect{})
	}
	s.mu.Unlock()
	s.notify()
}

// close ends all messages, and returns how many there were.
func (s *session) close() int {
	s.mu.Lock()
	list := slices.Concat(s.inflight, s.queue)
	s.queue, s.inflight, s.again = nil, nil, nil
	s.mu.Unlock()
	finish(list, ErrStopped)
	return len(list)
}

// isOnline tells whether there is a connection.
func (s *session) isOnline() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.online
}

// send queues a packet of the connection itself; it is dropped without one.
func (s *session) send(packet any) {
	s.mu.Lock()
	if s.online {
		s.control = append(s.control, packet)
	}
	s.mu.Unlock()
	s.notify()
}

// ask queues a packet about a filter that the broker answers; it is dropped
// without a connection.
func (s *session) ask(packet func(id uint16) any) {
	s.mu.Lock()
	if s.online {
		id := s.newID()
		s.asked[id] = packet(id)
		s.control = append(s.control, s.asked[id])
	}
	s.mu.Unlock()
	s.notify()
}

// newID returns a packet identifier that is free: there are many more of them
// than packets that wait. It is in the upper half, since brokers count theirs
// from 1, and some of them (mochi) mix the two up.
func (s *session) newID() uint16 {
	for {
		s.lastID = s.lastID + 1 | 1<<15
		if _, used := s.asked[s.lastID]; !used && s.sent(s.lastID) == nil {
			return s.lastID
		}
	}
}

func (s *session) sent(id uint16) *outgoing {
	if i := slices.IndexFunc(s.inflight, func(o *outgoing) bool { return o.id == id }); i >= 0 {
		return s.inflight[i]
	}
	return nil
}

// next returns the next packet to write, nil if there is none for now, and for a
// message that has arrived when it is written what to call then.
func (s *session) next() (packet any, written func(error)) {
	for {
		packet, o, err := s.pop()
		switch {
		case err != nil:
			o.done(err)
		case o != nil && o.QoS == 0:
			return packet, o.done
		default:
			return packet, nil
		}
	}
}

func (s *session) pop() (packet any, o *outgoing, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.online:
		return nil, nil, nil
	case len(s.control) > 0:
		packet = s.control[0]
		s.control = s.control[1:]
		return packet, nil, nil
	case len(s.again) > 0:
		if o = s.again[0]; !s.hasRoom(o) {
			return nil, nil, nil
		}
		s.again = s.again[1:]
		return o.publish, o, nil
	case len(s.queue) == 0:
		if s.leaving && len(s.inflight) == 0 {
			return disconnect{}, nil, nil
		}
		return nil, nil, nil
	}
	o = s.queue[0]
	if err := s.broker.check(o.Message); err != nil {
		s.queue = s.queue[1:]
		return nil, o, err
	}
	if o.QoS > 0 {
		if !s.hasRoom(o) {
			return nil, nil, nil
		}
		o.id = s.newID()
		s.inflight = append(s.inflight, o)
	}
	s.queue[0] = nil
	s.queue = s.queue[1:]
	return o.publish, o, nil
}

// hasRoom tells whether the broker takes a message of QoS 1 or 2 beside those
// that this connection has sent.
func (s *session) hasRoom(o *outgoing) bool {
	limit := s.broker.window
	if o.QoS == 2 {
		limit = s.broker.exact
	}
	return len(s.inflight)-len(s.again) < limit
}

// check returns why a broker would hang up on a message: it would do so again
// and again.
func (l limits) check(m *Message) error {
	const head = 16 // fixed header, lengths, packet identifier; properties come on top
	switch {
	case l.size > 0 && len(m.Topic)+len(m.Payload)+head > l.size:
		return fmt.Errorf("mqtt: the message is larger than the %d bytes that the broker takes", l.size)
	case m.QoS > l.qos:
		return fmt.Errorf("mqtt: the broker has no QoS higher than %d", l.qos)
	case m.Retain && l.noRetain:
		return errors.New("mqtt: the broker does not retain messages")
	}
	return nil
}

// acknowledged takes an acknowledgement from the broker.
func (s *session) acknowledged(a acknowledgement) {
	s.mu.Lock()
	var ended *outgoing
	var err error
	switch o := s.sent(a.id); {
	case a.kind == pubrel:
		delete(s.received, a.id)
		s.control = append(s.control, acknowledgement{kind: pubcomp, id: a.id})
	case o == nil:
		if a.kind == pubrec { // of a message that is done with: end the handshake
			s.control = append(s.control, acknowledgement{kind: pubrel, id: a.id})
		}
	case slices.Contains(s.again, o): // left over from the last connection (mochi): what counts is the answer to what is sent again
	case a.kind == pubrec && a.refusal == "":
		o.released = true
		s.control = append(s.control, acknowledgement{kind: pubrel, id: a.id})
	default:
		ended = o
		s.inflight = slices.DeleteFunc(s.inflight, func(other *outgoing) bool { return other == o })
		if a.refusal != "" {
			err = fmt.Errorf("mqtt: the broker has refused the message: %s", a.refusal)
		}
	}
	s.mu.Unlock()
	if ended != nil {
		ended.done(err)
	}
	s.notify()
}

// answer returns the filter that a suback or unsuback is for, and which of the
// two it is.
func (s *session) answer(id uint16) (filter string, subscribing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.asked[id]
	delete(s.asked, id)
	switch p := p.(type) {
	case subscribe:
		return p.Filter, true
	case unsubscribe:
		return p.filter, false
	}
	return "", false
}

// isAsking tells whether the broker has not answered all subscriptions yet.
func (s *session) isAsking() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked) > 0
}

// identifies tells whether the broker takes subscription identifiers.
func (s *session) identifies() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broker.subIDs
}
