package runtime

import (
	"errors"
	"slices"

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
		for _, id := range scope {
			w.scope = append(w.scope, flow.Text(id))
		}
	case string:
		w.group = scope == "group"
		w.all = !w.group
	default:
		w.all = n.Type != "complete"
	}
	uncaught, _ := n.Props.Get("uncaught").(bool)
	w.uncaught = uncaught && n.Type == "catch"
	return w
}

// distance tells whether the watch covers the place, and how many groups lie
// between the two.
func (w *watch) distance(p *place) (int, bool) {
	if w.scope != nil && !slices.Contains(w.scope, p.info.ID) {
		return 0, false
	}
	own := ""
	if len(w.place.group) > 0 {
		own = w.place.group[0]
	}
	if own == "" {
		return 0, !w.group
	}
	i := slices.Index(p.group, own)
	if i < 0 {
		return len(p.group), !w.group
	}
	return i, true
}

// rank is the order in which watches are asked: those with a scope of their own
// first, those for what nobody caught last.
func (w *watch) rank() int {
	switch {
	case w.uncaught:
		return 2
	case w.all:
		return 1
	}
	return 0
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
			case "complete":
				if !wiredTo(c.node, p.info.ID) {
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
		p.loop.rt.logNode(p, flow.LevelWarn, "Message exceeded maximum number of catches")
		return false
	}
	handled, handledByUncaught := false, false
	for _, w := range p.catchers {
		if w.uncaught && handled && !handledByUncaught {
			continue
		}
		handledByUncaught = handledByUncaught || w.uncaught
		handled = true
		m := msg.Clone()
		if old := m.Get("error"); old != nil {
			m.Delete("error") // the new one goes to the end
			m.Set("error", p.errorValue(err, count))
			m.Set("_error", old)
		} else {
			m.Set("error", p.errorValue(err, count))
		}
		p.loop.deliverNow(delivery{w.place, c, m})
	}
	return handled
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

// tellStatus hands a badge to the status nodes.
func (p *place) tellStatus(badge *flow.Object, c *flow.Cause) {
	for _, w := range p.statusers {
		status := badge.Clone()
		status.Set("source", p.origin())
		m := flow.NewMessage()
		m.Set("status", status)
		p.loop.deliverNow(delivery{w.place, c, m})
	}
}
