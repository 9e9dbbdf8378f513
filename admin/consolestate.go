package admin

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
)

// busyWeight is how much of a node's share of its flow's time the latest tick
// decides; the rest is what it was before.
const busyWeight = 0.25

// sessionRows bounds how many sessions a page gets to see.
const sessionRows = 500

// feedState is what the pages have been told.
type feedState struct {
	counters map[string][]byte // by node, as a page got them
	badges   map[string][]byte
	working  map[string]int     // by node: looks since the last tick in which it was at work
	looks    int                // since the last tick
	busy     map[string]float64 // by node: share of its flow's time, 0 to 1
	traffic  map[sessionKey]session.Info
}

// tickFrame has counters and badges by node, of those that are new since the
// last frame, or of all. The counters are [received, errors, busy, sent by the
// first output, by the second …], busy in percent. A badge that is gone is {}.
type tickFrame struct {
	T      string                     `json:"t"`
	TS     int64                      `json:"ts"` // Unix milliseconds
	All    bool                       `json:"all,omitempty"`
	Nodes  map[string]json.RawMessage `json:"nodes"`
	Badges map[string]json.RawMessage `json:"badges"`
}

// sessionKey tells sessions apart: a flow may give an id to several, one after
// the other.
type sessionKey struct {
	id      string
	started time.Time
}

// look takes in which nodes are at work.
func (s *feedState) look(atWork []string) {
	if s.working == nil {
		s.working = map[string]int{}
	}
	s.looks++
	for _, id := range atWork {
		s.working[id]++
	}
}

// nodes returns the tick frame of what is new.
func (s *feedState) nodes(list []runtime.NodeStatus) []byte {
	frame := newTick()
	counters, badges, busy := make(map[string][]byte, len(list)), map[string][]byte{}, map[string]float64{}
	for _, n := range list {
		share := (1-busyWeight)*s.busy[n.ID] + busyWeight*float64(s.working[n.ID])/float64(max(1, s.looks))
		if share > 0.01 {
			busy[n.ID] = share
		}
		text := counterText(n, busy[n.ID])
		if !bytes.Equal(text, s.counters[n.ID]) {
			frame.Nodes[n.ID] = text
		}
		counters[n.ID] = text
		badge := []byte("{}")
		if n.Badge != nil {
			badge = flow.AppendJSON(nil, badgeData(n.Badge))
		}
		if before, known := s.badges[n.ID]; !bytes.Equal(badge, before) && (known || len(badge) > 2) {
			frame.Badges[n.ID] = badge
		}
		badges[n.ID] = badge
	}
	s.counters, s.badges, s.busy = counters, badges, busy
	s.looks = 0
	clear(s.working)
	return encodeFrame(frame)
}

// all returns a tick frame of all that the pages have been told.
func (s *feedState) all() []byte {
	frame := newTick()
	frame.All = true
	for id, text := range s.counters {
		frame.Nodes[id] = text
	}
	for id, text := range s.badges {
		if len(text) > 2 {
			frame.Badges[id] = text
		}
	}
	return encodeFrame(frame)
}

func newTick() tickFrame {
	return tickFrame{
		T: "tick", TS: time.Now().UnixMilli(),
		Nodes: map[string]json.RawMessage{}, Badges: map[string]json.RawMessage{},
	}
}

func counterText(n runtime.NodeStatus, busy float64) []byte {
	text := strconv.AppendUint([]byte{'['}, n.Received, 10)
	text = strconv.AppendUint(append(text, ','), n.Errors, 10)
	text = strconv.AppendInt(append(text, ','), int64(100*busy), 10)
	for _, sent := range n.SentByPort {
		text = strconv.AppendUint(append(text, ','), sent, 10)
	}
	return append(text, ']')
}

// sessionsFrame has the sessions that are open, oldest first and not all of
// them if there are many, and what went through sessions since the frame
// before. What a session did in its last moments is missing.
type sessionsFrame struct {
	T       string            `json:"t"`
	TS      int64             `json:"ts"` // Unix milliseconds
	Open    int               `json:"open"`
	Rows    []json.RawMessage `json:"rows"`
	Traffic traffic           `json:"traffic"`
}

type traffic struct {
	BytesIn     uint64 `json:"bytesIn"`
	BytesOut    uint64 `json:"bytesOut"`
	MessagesIn  uint64 `json:"messagesIn"`
	MessagesOut uint64 `json:"messagesOut"`
}

// sessions returns the frame of sessions.
func (s *feedState) sessions(list []session.Info) []byte {
	frame := sessionsFrame{T: "sessions", TS: time.Now().UnixMilli(), Open: len(list), Rows: []json.RawMessage{}}
	seen := make(map[sessionKey]session.Info, len(list))
	for i, info := range list {
		key := sessionKey{flow.Text(info.ID), info.Started}
		before := s.traffic[key]
		if s.traffic != nil { // else nobody has looked yet: no news
			frame.Traffic.BytesIn += info.BytesIn - before.BytesIn
			frame.Traffic.BytesOut += info.BytesOut - before.BytesOut
			frame.Traffic.MessagesIn += info.MessagesIn - before.MessagesIn
			frame.Traffic.MessagesOut += info.MessagesOut - before.MessagesOut
		}
		seen[key] = info
		if i < sessionRows {
			frame.Rows = append(frame.Rows, flow.AppendJSON(nil, sessionObject(info)))
		}
	}
	s.traffic = seen
	return encodeFrame(frame)
}
