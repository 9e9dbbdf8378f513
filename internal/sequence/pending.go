package sequence

import (
	"container/list"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
)

// Limit is how many messages a node may hold that waits for more of them: the
// setting NodeMessageBufferMaxLength as it is at the moment. The zero Limit is
// none.
type Limit struct{ live *settings.Live }

// NewLimit returns the limit in the settings, which may be nil.
func NewLimit(live *settings.Live) Limit { return Limit{live} }

// Exceeded tells whether a node that holds n messages holds too many.
func (l Limit) Exceeded(n int) bool {
	limit := l.live.Get().NodeMessageBufferMaxLength
	return limit > 0 && n > limit
}

// Kept is a message that a node keeps for later.
type Kept struct {
	Msg  *flow.Message
	Done func(error) // to call when the node is done with it (see flow.Outlet.Keep); nil if nothing waits for that
}

// Keep returns the message being handled as one that is kept.
func Keep(msg *flow.Message, out flow.Outlet) Kept { return Kept{msg, out.Keep()} }

// Complete ends messages that were kept.
func Complete(kept []Kept) {
	for _, k := range kept {
		k.Done(nil)
	}
}

// Fail ends messages that were kept and cannot be used: the culprit among them
// with the error.
func Fail(kept []Kept, culprit *flow.Message, err error) {
	for _, k := range kept {
		if k.Msg == culprit {
			k.Done(err)
		} else {
			k.Done(nil)
		}
	}
}

// Sequence is a sequence that has begun.
type Sequence struct {
	ID    string
	Kept  []Kept     // in the order in which they came
	Count flow.Value // how many there will be; undefined until a message says it
}

// Whole tells whether all messages of the sequence are there.
func (s *Sequence) Whole() bool {
	return s.Count != nil && flow.Number(s.Count) == float64(len(s.Kept))
}

// Pending holds messages by sequence. The zero Pending is ready to use.
type Pending struct {
	sequences list.List // of *Sequence, the oldest first
	byID      map[string]*list.Element
	held      int
}

// Add holds a message and returns its sequence, which stays in Pending. The
// message must have parts.
func (p *Pending) Add(k Kept) *Sequence {
	parts, ok := k.Msg.Get(Property).(*flow.Object)
	if !ok {
		parts = &flow.Object{}
	}
	id := flow.Text(parts.Get("id"))
	e := p.byID[id]
	if e == nil {
		if p.byID == nil {
			p.byID = map[string]*list.Element{}
		}
		e = p.sequences.PushBack(&Sequence{ID: id})
		p.byID[id] = e
	}
	s := sequenceOf(e)
	s.Kept = append(s.Kept, k)
	if count := parts.Get("count"); count != nil {
		s.Count = count
	}
	p.held++
	return s
}

// Len returns how many messages are held.
func (p *Pending) Len() int { return p.held }

// Oldest returns the sequence that began first, nil if there is none.
func (p *Pending) Oldest() *Sequence {
	if e := p.sequences.Front(); e != nil {
		return sequenceOf(e)
	}
	return nil
}

// Take takes a sequence out.
func (p *Pending) Take(s *Sequence) {
	if e := p.byID[s.ID]; e != nil && sequenceOf(e) == s {
		p.sequences.Remove(e)
		delete(p.byID, s.ID)
		p.held -= len(s.Kept)
	}
}

// Clear takes all messages out, those of the oldest sequence first.
func (p *Pending) Clear() []Kept {
	var all []Kept
	for e := p.sequences.Front(); e != nil; e = e.Next() {
		all = append(all, sequenceOf(e).Kept...)
	}
	*p = Pending{}
	return all
}

func sequenceOf(e *list.Element) *Sequence {
	s, _ := e.Value.(*Sequence) // nothing else is in the list
	return s
}
