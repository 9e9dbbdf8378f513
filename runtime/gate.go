package runtime

import (
	"time"

	"github.com/flowrun/flowrun/flow"
)

// gate holds loops between two tasks while their nodes are exchanged.
type gate struct{ opened chan struct{} }

// interruptAfter is how long a handler may keep a flow from standing still
// before it is interrupted, if it can be.
const interruptAfter = 2 * time.Second

// pause waits until all of the loops stand still.
func (r *Runtime) pause(loops []*loop) gate {
	g := gate{opened: make(chan struct{})}
	arrived := make(chan *loop)
	moving := map[*loop]bool{}
	for _, l := range loops {
		moving[l] = true
		l.post(item{between: func() {
			arrived <- l
			<-g.opened
		}})
	}
	late := time.NewTicker(interruptAfter)
	defer late.Stop()
	for len(moving) > 0 {
		select {
		case l := <-arrived:
			delete(moving, l)
		case <-late.C:
			for l := range moving {
				r.interrupt(l)
			}
		}
	}
	return g
}

func (g gate) open() { close(g.opened) }

// interrupt ends the call that a loop is in, if the node can do that.
func (r *Runtime) interrupt(l *loop) {
	p := l.current.Load()
	if p == nil {
		return
	}
	if i, ok := r.nodes[p.info.ID].node.(flow.Interrupter); ok {
		r.log.Warn("interrupting a node that keeps its flow busy", "node", p.info.ID, "type", p.info.Type)
		i.Interrupt()
	}
}

// loopsOf returns the loops of nodes that run, each once.
func (r *Runtime) loopsOf(list []instance) []*loop {
	var loops []*loop
	seen := map[*loop]bool{}
	for _, n := range list {
		if l := n.place.loop; l != nil && !seen[l] {
			seen[l] = true
			loops = append(loops, l)
		}
	}
	return loops
}

func (r *Runtime) allLoops() []*loop {
	loops := make([]*loop, 0, len(r.loops))
	for _, l := range r.loops {
		loops = append(loops, l)
	}
	return loops
}
