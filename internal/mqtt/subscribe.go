package mqtt

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// Handler gets a message, to post it to its flow with the cause. It must not
// change the message.
type Handler func(m *Message, cause *flow.Cause)

// filter is a subscription of one or more nodes, in their order.
type filter struct {
	Subscription
	nodes   []subscriber
	granted bool // the broker has it in its session
}

// subscriber is a node that has subscribed; without a handler it is suspended.
type subscriber struct {
	node   string
	handle Handler
}

func (f *filter) index(node string) int {
	return slices.IndexFunc(f.nodes, func(s subscriber) bool { return s.node == node })
}

// Subscribe has a node get the messages of a subscription: those that come from
// now on, and those that the broker retains. One of the node with the same
// filter is replaced; of those of several nodes with one filter the broker heeds
// the last.
func (c *Client) Subscribe(node string, s Subscription, h Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.filters, func(f *filter) bool { return f.Filter == s.Filter })
	if i < 0 {
		c.lastID++
		i = len(c.filters)
		c.filters = append(c.filters, &filter{Subscription: Subscription{id: c.lastID}})
	}
	f := c.filters[i]
	s.id = f.id
	f.Subscription, f.granted = s, false
	if j := f.index(node); j >= 0 {
		f.nodes[j].handle = h
	} else {
		f.nodes = append(f.nodes, subscriber{node, h})
	}
	c.inbox.notify()
	c.subscribe(s, c.session.identifies())
}

// subscribe tells the broker, if there is one. Each subscription is a packet of
// its own: an identifier is the packet's. The caller holds the lock, so that the
// packets have the order of what they say.
func (c *Client) subscribe(s Subscription, identified bool) {
	if !identified {
		s.id = 0
	}
	c.session.ask(func(id uint16) any { return subscribe{id, s} })
}

// subscribeAll subscribes on a new connection to what the broker's session does
// not have.
func (c *Client) subscribeAll(ack *connack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.filters {
		if f.granted = f.granted && ack.present; !f.granted {
			c.subscribe(f.Subscription, ack.subIDs)
		}
	}
}

// answered takes the broker's answer to a subscription.
func (c *Client) answered(a answered) {
	name, subscribing := c.session.answer(a.id)
	if a.refusal != "" {
		c.log(flow.LevelWarn, "the broker refuses the subscription to "+name+": "+a.refusal)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.filters {
		if f.Filter == name {
			f.granted = subscribing
		}
	}
}

// Unsubscribe ends a subscription of a node, and the broker's if it was the last
// node of it.
func (c *Client) Unsubscribe(node, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(func(f *filter, s subscriber) bool { return s.node == node && f.Filter == name })
}

// Suspend has messages wait for the next instance of a node that is about to stop.
func (c *Client) Suspend(node string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suspend(node)
}

func (c *Client) suspend(node string) {
	for _, f := range c.filters {
		if i := f.index(node); i >= 0 {
			f.nodes[i].handle = nil
		}
	}
}

// suspended has drop end the subscriptions of a node that are still suspended.
func suspended(node string) func(*filter, subscriber) bool {
	return func(_ *filter, s subscriber) bool { return s.node == node && s.handle == nil }
}

// drop takes subscribers out, and tells the broker of the filters that have none
// left. The caller holds the lock.
func (c *Client) drop(gone func(*filter, subscriber) bool) {
	c.filters = slices.DeleteFunc(c.filters, func(f *filter) bool {
		f.nodes = slices.DeleteFunc(f.nodes, func(s subscriber) bool { return gone(f, s) })
		if len(f.nodes) == 0 {
			c.session.ask(func(id uint16) any { return unsubscribe{id, f.Filter} })
		}
		return len(f.nodes) == 0
	})
	c.inbox.notify()
}

// handlers returns who gets a message, nil and false if one of them is
// suspended. A broker that tells by their identifiers which subscriptions it is
// for may send it once for each.
func (c *Client) handlers(m *Message) (list []Handler, ready bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	named := slices.ContainsFunc(c.filters, func(f *filter) bool { return slices.Contains(m.subscriptions, f.id) })
	for _, f := range c.filters {
		if named && !slices.Contains(m.subscriptions, f.id) || !named && !matches(f.Filter, m.Topic) {
			continue
		}
		for _, s := range f.nodes {
			if s.handle == nil {
				return nil, false
			}
			list = append(list, s.handle)
		}
	}
	return list, true
}
