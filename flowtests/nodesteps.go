package flowtests

import (
	"context"
	"fmt"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// The steps that are about nodes.

// inject presses a button, or gives a message to a node, or sends one from it.
type inject struct {
	place
	node    string
	message *flow.Object // nil: press the button
	output  int          // -1: into the input
}

func (s *inject) run(ctx context.Context, r *run) *Failure {
	r.board.update(func() {}) // what comes of this is still to happen
	var err error
	switch {
	case s.message == nil:
		err = r.rt.Command(ctx, s.node, "inject", nil)
	case s.output < 0:
		err = r.rt.Receive(s.node, r.messageOf(s.message), nil)
	default:
		ports := make([][]*flow.Message, s.output+1)
		ports[s.output] = []*flow.Message{r.messageOf(s.message)}
		err = r.rt.Send(s.node, ports, nil)
	}
	if err != nil {
		return s.fail("%v", err)
	}
	return nil
}

// expect waits for what must happen to a node.
type expect struct {
	place
	what   spot
	want   flow.Value
	wants  bool // else anything will do
	exact  bool
	skip   bool // what does not match may come before
	within time.Duration
}

func (s *expect) run(ctx context.Context, r *run) *Failure {
	_, failure := s.find(ctx, r)
	return failure
}

// find waits for what is expected, takes it, and returns how many things had
// happened to all nodes before.
func (s *expect) find(ctx context.Context, r *run) (index int, failure *Failure) {
	want := r.expand(s.want)
	var closest []Row // of the last one that does not match
	wrong := 0
	found := r.await(ctx, s.within, func() bool {
		for i := r.taken[s.what]; i < len(r.board.happens); i++ {
			h := r.board.happens[i]
			if h.spot != s.what {
				continue
			}
			r.taken[s.what] = i + 1
			rows, ok := s.compare(want, h.value)
			if ok {
				if s.what.kind == status {
					r.taken[s.what] = i // it still shows it
				}
				index = i
				closest = nil
				return true
			}
			closest = rows
			wrong++
			if !s.skip {
				return true
			}
		}
		return false
	})
	switch {
	case closest != nil && !s.skip:
		failure = s.fail("%s %s, but not what is expected", r.name(s.what.node), s.what)
		failure.Rows = closest
	case !found && wrong > 0:
		failure = s.fail("%s %s %s, but within %v never what is expected; the last time:", r.name(s.what.node), s.what, count(wrong, "time"), s.within)
		failure.Rows = closest
	case !found:
		more := ""
		if r.taken[s.what] > 0 {
			more = " more"
		}
		failure = s.fail("%s %s nothing%s within %v", r.name(s.what.node), s.what.negated(), more, s.within)
		if s.wants {
			failure.Rows = []Row{{Want: show(want), Got: "nothing", Differs: true}}
		}
	}
	return index, failure
}

func (s *expect) compare(want, got flow.Value) ([]Row, bool) {
	if !s.wants {
		return nil, true
	}
	return compare(want, got, s.exact)
}

// String says what happens at a spot: "sends from output 2".
func (s spot) String() string {
	return s.says([...]string{"gets a message", "sends", "shows a status", "reports an error"}[s.kind])
}

// negated is String for what does not happen; "nothing" follows.
func (s spot) negated() string {
	return s.says([...]string{"gets", "sends", "shows", "reports"}[s.kind])
}

func (s spot) says(verb string) string {
	if s.kind == sent {
		return fmt.Sprintf("%s from output %d", verb, s.output+1)
	}
	return verb
}

// absent checks that something does not happen: until the flow is quiet, or for
// a time.
type absent struct {
	expect
	window time.Duration // 0: until the flow is quiet
}

func (s *absent) run(ctx context.Context, r *run) *Failure {
	want := r.expand(s.want)
	var unwanted *happening
	next := r.taken[s.what]
	came := func() bool {
		for ; next < len(r.board.happens) && unwanted == nil; next++ {
			h := r.board.happens[next]
			if _, ok := s.compare(want, h.value); ok && h.spot == s.what {
				unwanted = &h
			}
		}
		return unwanted != nil
	}
	if s.window > 0 {
		r.pass(ctx, s.window, came)
	} else {
		r.board.quiet(ctx, r.rt, s.within, came)
	}
	r.board.Look(func() { came() })
	if unwanted == nil {
		return nil
	}
	f := s.fail("%s %s, which it must not", r.name(s.what.node), s.what)
	f.Rows = []Row{{Want: "nothing", Got: show(withoutID(unwanted.value)), Differs: true}}
	if s.wants {
		f.Rows[0].Want = "nothing like " + show(want)
	}
	return f
}

// withoutID returns a message without its id, which says nothing to people.
func withoutID(v flow.Value) flow.Value {
	o, ok := v.(*flow.Object)
	if !ok {
		return v
	}
	o = o.Clone()
	o.Delete(flow.MsgID)
	return o
}

// order expects things to happen one after the other, at any nodes.
type order struct {
	place
	list []*expect
}

func (s *order) run(ctx context.Context, r *run) *Failure {
	last := -1
	for i, e := range s.list {
		index, failure := e.find(ctx, r)
		if failure != nil {
			return failure
		}
		if index < last {
			before := s.list[i-1]
			f := e.fail("the order is wrong")
			f.Rows = []Row{
				{Want: r.name(before.what.node) + " " + before.what.String(), Got: r.name(e.what.node) + " " + e.what.String(), Differs: true},
				{Want: r.name(e.what.node) + " " + e.what.String(), Got: r.name(before.what.node) + " " + before.what.String(), Differs: true},
			}
			return f
		}
		last = index
	}
	return nil
}

// wait lets time of the flow pass.
type wait struct {
	place
	d time.Duration
}

func (s *wait) run(ctx context.Context, r *run) *Failure {
	r.pass(ctx, s.d, func() bool { return false })
	return nil
}
