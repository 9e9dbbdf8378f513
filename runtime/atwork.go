package runtime

import "time"

// watchLoops names nodes whose handler does not come back.
func (r *Runtime) watchLoops() {
	tick := time.NewTicker(slowHandler / 2)
	defer tick.Stop()
	type sample struct {
		count uint64
		since time.Time
		told  bool
	}
	seen := map[*loop]sample{}
	for {
		select {
		case <-r.ctx.Done():
			return
		case now := <-tick.C:
			busy := map[*loop]sample{}
			for _, l := range r.runningLoops() {
				p, count := l.current.Load(), l.count.Load()
				if p == nil {
					continue
				}
				s, known := seen[l]
				if !known || s.count != count {
					s = sample{count: count, since: now}
				}
				if took := now.Sub(s.since); took >= slowHandler && !s.told {
					s.told = true
					r.log.Warn("a node does not come back: its flow waits", "node", p.info.ID, "type", p.info.Type, "name", p.info.Name, "for", took.Round(time.Millisecond))
				}
				busy[l] = s
			}
			seen = busy
		}
	}
}

func (r *Runtime) runningLoops() []*loop {
	r.mu.RLock()
	defer r.mu.RUnlock()
	seen := map[*loop]bool{}
	var list []*loop
	for _, p := range r.places {
		if !seen[p.loop] {
			seen[p.loop] = true
			list = append(list, p.loop)
		}
	}
	return list
}

// AtWork returns the ids of the nodes that are at work at this moment, one a
// flow at most. Who asks again and again learns which nodes take the time.
func (r *Runtime) AtWork() []string {
	var ids []string
	for _, l := range r.runningLoops() {
		if p := l.current.Load(); p != nil {
			ids = append(ids, p.info.ID)
		}
	}
	return ids
}
