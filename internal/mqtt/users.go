package mqtt

import "time"

// awayTime is how long messages wait for a node that is replaced.
const awayTime = 5 * time.Second

// absence ends when the next instance of a node is there, or nobody waits for it
// any more.
type absence struct{ timer *time.Timer }

// Attach tells a node of the state, now and whenever it changes. The first one
// has the client connect, if it does that by itself. What an instance of the node
// before had subscribed to, and this one has not, is over.
func (c *Client) Attach(id string, watch func(State)) {
	c.mu.Lock()
	first := len(c.users) == 0
	c.users[id] = watch
	c.back(id)
	c.drop(suspended(id))
	connects := first && c.options.AutoConnect
	if connects && c.link == nil && !c.stopped {
		c.state = Connecting // nobody is to be told of a connection that there never was
	}
	watch(c.state)
	c.mu.Unlock()
	if connects {
		c.Connect(nil)
	}
}

// Detach forgets a node, but keeps its subscriptions for a while if it is
// replaced, not removed: messages wait for the next instance meanwhile. When all
// nodes are gone the client disconnects.
func (c *Client) Detach(id string, removed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if watch := c.users[id]; watch != nil {
		watch(Disconnected)
	}
	delete(c.users, id)
	c.back(id)
	c.suspend(id)
	switch {
	case removed:
		c.forget(id)
	case !c.stopped:
		a := &absence{}
		a.timer = time.AfterFunc(awayTime, func() { c.giveUp(id, a) })
		c.away[id] = a
	}
}

// back ends a node's absence. The caller holds the lock.
func (c *Client) back(id string) {
	if a := c.away[id]; a != nil {
		a.timer.Stop()
		delete(c.away, id)
	}
}

// giveUp waits no longer for a node: it uses another broker now, or cannot start.
func (c *Client) giveUp(id string, a *absence) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away[id] == a { // else it came back when the time was just up
		delete(c.away, id)
		c.forget(id)
	}
}

// forget ends a node's subscriptions, and the connection if nobody else uses it.
// The caller holds the lock.
func (c *Client) forget(id string) {
	c.drop(suspended(id))
	if c.isUsed() || c.stopped {
		return
	}
	c.work.Go(func() {
		c.turn.Lock()
		defer c.turn.Unlock()
		c.mu.Lock()
		used := c.isUsed() // a node may have come since
		c.mu.Unlock()
		if !used {
			c.leave()
		}
	})
}

func (c *Client) isUsed() bool { return len(c.users)+len(c.away) > 0 }
