package websockets

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
)

const (
	// patience is how long a message may wait for a peer before nobody waits for
	// that peer any more.
	patience = 5 * time.Second
	// entrySize is what an entry of a queue counts besides its data.
	entrySize = 64
)

// Message is what is sent: text, or binary data.
type Message struct {
	Binary bool
	Data   []byte // not changed any more
}

// writer has what waits to be written on a connection.
type writer struct {
	mu      sync.Mutex
	queue   []entry // the first is being written
	size    int     // of the queue, in bytes
	writing bool    // a goroutine does
	behind  bool    // nobody waits for this peer
	late    *time.Timer
	goodbye websocket.StatusCode // not 0: close when all is written
	closed  bool
}

// entry is a message that waits, since when, and the cause that waits for it; or
// nil.
type entry struct {
	Message
	since time.Time
	cause *flow.Cause
}

// send puts a message into the queue. If there is no room the connection is cut.
// It does not block.
func (c *conn) send(m Message, cause *flow.Cause) {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(m.Data) + entrySize
	switch {
	case c.closed || c.goodbye != 0:
		return
	case len(c.queue) > 0 && c.size+size > c.hub.options.MaxQueue:
		c.closed = true
		c.abort(errSlow)
		return
	case c.behind:
		cause = nil
	}
	cause.Hold()
	c.queue = append(c.queue, entry{m, time.Now(), cause})
	c.size += size
	c.write()
}

// finish closes the connection with a status code, when what waits is written.
// It does not block.
func (c *conn) finish(code websocket.StatusCode) {
	_ = c.socket.SetDeadline(time.Now().Add(closeTime)) // if that fails, it is closed already
	c.mu.Lock()
	if !c.closed && c.goodbye == 0 {
		c.goodbye = code
		c.write()
	}
	c.mu.Unlock()
	c.cancel(nil)
}

// write has what there is written. The caller holds the lock.
func (c *conn) write() {
	if !c.writing {
		c.writing = true
		c.tasks.Go(c.writeAll)
	}
}

// writeAll writes until nothing waits any more.
func (c *conn) writeAll() {
	for {
		e, goodbye, ok := c.next()
		switch {
		case goodbye != 0:
			_ = c.ws.Close(goodbye, "") // the deadline bounds it
			return
		case !ok:
			return
		}
		kind := websocket.MessageText
		if e.Binary {
			kind = websocket.MessageBinary
		}
		err := c.ws.Write(context.Background(), kind, e.Data)
		c.written()
		if err != nil {
			c.abandon()
			_ = c.socket.Close() // the reader gets the error
			return
		}
	}
}

// next returns the first entry of the queue, and has it be late if it is not
// written soon. Without one the writer is done.
func (c *conn) next() (e entry, goodbye websocket.StatusCode, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late != nil {
		c.late.Stop()
	}
	switch {
	case c.closed:
		return entry{}, 0, false
	case len(c.queue) == 0 && c.goodbye != 0:
		return entry{}, c.goodbye, false
	case len(c.queue) == 0:
		c.queue = nil // its array may have become large
		c.writing, c.behind = false, false
		return entry{}, 0, false
	}
	e = c.queue[0]
	if left := patience - time.Since(e.since); c.late == nil {
		c.late = time.AfterFunc(left, c.fallBehind)
	} else if !c.behind {
		c.late.Reset(left)
	}
	return e, 0, true
}

// written takes out what was written.
func (c *conn) written() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return // abandon drops it
	}
	e := c.queue[0]
	c.queue[0] = entry{}
	c.queue = c.queue[1:]
	c.size -= len(e.Data) + entrySize
	c.mu.Unlock()
	e.cause.Done()
}

// fallBehind lets go of all who wait for this peer, until it has taken all.
func (c *conn) fallBehind() {
	c.mu.Lock()
	c.behind = c.writing
	causes := c.letGo()
	c.mu.Unlock()
	done(causes)
}

// abandon drops what waits: the connection has ended.
func (c *conn) abandon() {
	c.mu.Lock()
	c.closed = true
	causes := c.letGo()
	c.queue, c.size = nil, 0
	if c.late != nil {
		c.late.Stop()
	}
	c.mu.Unlock()
	done(causes)
}

// letGo takes the causes out of the queue. The caller holds the lock.
func (c *conn) letGo() (causes []*flow.Cause) {
	for i := range c.queue {
		if cause := c.queue[i].cause; cause != nil {
			causes = append(causes, cause)
			c.queue[i].cause = nil
		}
	}
	return causes
}

func done(causes []*flow.Cause) {
	for _, c := range causes {
		c.Done()
	}
}
