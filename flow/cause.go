package flow

import "sync/atomic"

// Cause is what a message from outside sets off: a chunk read from a socket, a
// datagram, a button press. Everything a handler sends while it handles a
// message has that message's cause. When the last of it is done (handled,
// dropped, or its bytes written to a socket) the cause ends and its source gets
// its credit back. That is all there is to backpressure: only sources wait, so
// loops in a graph cannot deadlock.
//
// The zero Cause is ready to use. It is safe for concurrent use.
type Cause struct {
	open    atomic.Int64
	owner   Releaser
	tracker Releaser
}

// Releaser gets a credit back.
type Releaser interface{ Release() }

// NewCause returns a cause that releases r when it ends; r may be nil.
func NewCause(r Releaser) *Cause { return &Cause{owner: r} }

// Init makes a cause that is part of a larger struct ready to use.
func (c *Cause) Init(r Releaser) { c.owner = r }

// Track has the engine told when the cause ends. Only the engine calls it, when
// the cause comes in.
func (c *Cause) Track(r Releaser) { c.tracker = r }

// Tracker returns whom the engine has told; nil before the cause has come in.
func (c *Cause) Tracker() Releaser { return c.tracker }

// Hold keeps the cause open until one more Done.
func (c *Cause) Hold() {
	if c != nil {
		c.open.Add(1)
	}
}

// Done ends one Hold. After the last one the source gets its credit back.
func (c *Cause) Done() {
	if c == nil || c.open.Add(-1) != 0 {
		return
	}
	if c.tracker != nil {
		c.tracker.Release()
	}
	if c.owner != nil {
		c.owner.Release()
	}
}
