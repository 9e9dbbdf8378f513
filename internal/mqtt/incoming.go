package mqtt

// incoming is a message of QoS 1 or 2 that came from the broker.
type incoming struct {
	id   uint16
	qos  byte
	done bool // the flows are through with it
}

// accept takes a message from the broker. It is handed on if it is fresh: what
// comes again is not, while the flows are busy with it or if it is of QoS 2. The
// entry, nil with QoS 0, goes to settle in the end.
func (s *session) accept(p *publish) (in *incoming, fresh bool) {
	if p.QoS == 0 {
		return nil, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in = s.received[p.id]
	if fresh = in == nil || p.QoS == 1 && !p.dup; fresh { // QoS 2: whatever dup says [MQTT-4.3.3-10]
		in = &incoming{id: p.id, qos: p.QoS}
		s.received[p.id] = in
	}
	s.order = append(s.order, in)
	s.acknowledge()
	return in, fresh
}

// settle is called when the flows are through with a message.
func (s *session) settle(in *incoming) {
	if in == nil {
		return
	}
	s.mu.Lock()
	in.done = true
	s.acknowledge()
	s.mu.Unlock()
}

// acknowledge sends the acknowledgements that are due, in the order of their
// messages ([MQTT-4.6.0-2] and [MQTT-4.6.0-3]).
func (s *session) acknowledge() {
	for len(s.order) > 0 && s.order[0].done {
		in := s.order[0]
		s.order = s.order[1:]
		kind := byte(pubrec)
		if in.qos == 1 {
			kind = puback
			if s.received[in.id] == in {
				delete(s.received, in.id)
			}
		}
		s.control = append(s.control, acknowledgement{kind: kind, id: in.id})
		s.notify()
	}
}
