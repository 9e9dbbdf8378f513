package runtime

import (
	"errors"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// watcher is a catch or status node as seen by the nodes it watches.
type watcher struct {
	place    *place
	uncaught bool
}

// watch is what a catch, status or complete node says it watches.
type watch struct {
	place    *place
	node     *flowfile.Node
	scope    []string // ids; nil with all or group
	all      bool     // the whole flow
	group    bool     // what stands in its group
	uncaught bool
}

// watchOf reads the scope of a catch, status or complete node.
func watchOf(p *place, n *flowfile.Node) watch {
	w := watch{place: p, node: n}
	switch scope := n.Props.Get("scope").(type) {
	case flow.Array:
		w.scope = []string{}
		for _, id := range scope {
			w.scope = append(w.scope, flow.Text(id))
		}
	case string:
		w.group = scope == "group"
	}
	if n.Type == "complete" && w.scope == nil {
		w.scope = []string{} // it never watches all
	}
	w.all = w.scope == nil && !w.group
	uncaught, _ := n.Props.Get("uncaught").(bool)
	w.uncaught = uncaught && n.Type == "catch"
	return w
}

// distance tells whether the watch covers the place, and how many groups of the
// place do not have the watch in them.
func (w *watch) distance(p *place) (int, bool) {
	if w.scope != nil && !slices.Contains(w.scope, p.info.ID) {
		return 0, false
	}
	own := ""
	if len(w.place.group) > 0 {
		own = w.place.group[0]
	}
	if own == "" {
		return len(p.group), true // as in Node-RED even if its scope is a group
	}
	i := slices.Index(p.group, own)
	if i < 0 {
		return len(p.group), !w.group
	}
	return i, true
}

// rank is the order in which catch nodes are asked: those with a scope of their
// own first, those for what nobody caught last. Others are asked in the order of
// the file.
func (w *watch) rank() int {
	switch {
	case !w.all || w.node.Type != "catch":
		return 0
	case w.uncaught:
		return 2
	}
	return 1
}

// connectWatchers tells the places of a flow who watches them.
func connectWatchers(places []*place, watches []watch) {
	slices.SortStableFunc(watches, func(a, b watch) int { return a.rank() - b.rank() })
	for _, p := range places {
		p.catchers, p.statusers, p.completes = nil, nil, nil
		type candidate struct {
			*watch
			distance int
		}
		var found []candidate
		for i := range watches {
			if d, ok := watches[i].distance(p); ok {
				found = append(found, candidate{&watches[i], d})
			}
		}
		slices.SortStableFunc(found, func(a, b candidate) int { return a.distance - b.distance })
		for _, c := range found {
			switch c.node.Type {
			case "catch":
				p.catchers = append(p.catchers, &watcher{c.place, c.uncaught})
			case "status":
				if !wiredTo(c.node, p.info.ID) {
					p.statusers = append(p.statusers, &watcher{place: c.place})
				}
			case "complete": // in Node-RED a subflow instance never says that it is done
				if !wiredTo(c.node, p.info.ID) && !strings.HasPrefix(p.info.Type, instancePrefix) {
					p.completes = append(p.completes, c.place)
				}
			}
		}
	}
}

// wiredTo tells whether the node's scope names an id that it is wired to:
// Node-RED leaves such an id out, for it would go round in circles.
func wiredTo(n *flowfile.Node, id string) bool {
	if _, scoped := n.Props.Get("scope").(flow.Array); !scoped {
		return false
	}
	for _, port := range n.Wires {
		if slices.Contains(port, id) {
			return true
		}
	}
	return false
}

// catchLimit is how often one node's error may come back to it through a catch
// node (Node-RED's loop guard).
const catchLimit = 10

// catch hands an error to the catch nodes of the flow and tells whether one took
// it.
func (p *place) catch(err error, msg *flow.Message, c *flow.Cause) bool {
	count := 1.0
	if earlier, ok := msg.Get("error").(*flow.Object); ok {
		if source, ok := earlier.Get("source").(*flow.Object); ok && source.Get("id") == p.info.ID {
			if n, ok := source.Get("count").(float64); ok {
				count = n + 1
			}
		}
	}
	if count >= catchLimit {
		p.Report(flow.LevelWarn, p.loop.rt.text("nodes.flow.error-loop", "Message exceeded maximum number of catches"), nil)
		return false
	}
	return p.offer(func(at *place) bool { return p.catchAt(at, err, msg, count, c) })
}

// catchAt hands an error of p to the catch nodes of the flow in which at stands,
// those that watch at, and tells whether there was one.
func (p *place) catchAt(at *place, err error, msg *flow.Message, count float64, c *flow.Cause) bool {
	handled, handledByUncaught := false, false
	for _, w := range at.catchers {
		if w.uncaught && handled && !handledByUncaught {
			continue
		}
		handledByUncaught = handledByUncaught || w.uncaught
		handled = true
		m := msg.Clone()
		if m.Has("error") {
			m.Set("_error", m.Get("error"))
		}
		m.Set("error", p.errorValue(err, count))
		p.tell(w, c, m)
	}
	return handled
}

// offer has an error or status of p taken where p stands; if nobody does there
// and that is a subflow instance, where the instance stands, and so on. That of
// a global config node is taken where its users stand.
func (p *place) offer(take func(at *place) bool) bool {
	if len(p.users) > 0 {
		taken := false
		for _, user := range p.users {
			taken = user.offer(take) || taken
		}
		return taken
	}
	for at := p; at != nil; at = at.instance {
		if take(at) {
			return true
		}
	}
	return false
}

// tell hands a message to a catch or status node, which may stand in another flow
// (that of a user of p).
func (p *place) tell(w *watcher, c *flow.Cause, m *flow.Message) {
	if !m.Has(flow.MsgID) {
		m.Set(flow.MsgID, flow.NewID())
	}
	p.loop.call(delivery{w.place, c, m})
}

// errorValue is msg.error of what a catch node sends.
func (p *place) errorValue(err error, count float64) *flow.Object {
	source := p.origin()
	source.Set("count", count)
	o := flow.NewObject("message", err.Error(), "source", source)
	if e, ok := errors.AsType[*flow.Error](err); ok {
		if e.Code != "" {
			o.Set("code", e.Code)
		}
		if e.Stack != "" {
			o.Set("stack", e.Stack)
		}
		if e.Cause != nil {
			o.Set("cause", e.Cause)
		}
	}
	return o
}

// tellStatus hands a badge to the status nodes. What happens in an instance
// whose definition has a status output goes no further: that output shows what
// there is to see from outside.
func (p *place) tellStatus(badge *flow.Object, c *flow.Cause) {
	p.offer(func(at *place) bool {
		for _, w := range at.statusers {
			status := badge.Clone()
			if text, ok := status.Get("text").(string); ok && p.statusKeys[text] != "" {
				status.Set("text", p.statusKeys[text])
			}
			status.Set("source", p.origin())
			m := flow.NewMessage()
			m.Set("status", status)
			p.tell(w, c, m)
		}
		return len(at.statusers) > 0 || at.instance != nil && at.instance.ownStatus
	})
}
