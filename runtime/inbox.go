package runtime

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
)

// item is one entry of an inbox: a task of a place, or something to do between
// two tasks.
type item struct {
	place   *place
	cause   *flow.Cause
	task    flow.Task
	more    bool // the next item came in one go with it
	between func()
}

// blockSize is how many items of an inbox are in one block.
const blockSize = 256

// inbox is what waits for a loop, first in, first out. It is kept in blocks, so
// that a burst is not copied over and over while it grows, and leaves little
// behind when it is over. The loop's lock guards it.
type inbox struct {
	full  [][]item // blocks, before open
	open  []item   // what is added to; empty only if nothing waits
	spare []item   // an empty block, for when open is full; may be nil
}

func (b *inbox) isEmpty() bool { return len(b.open) == 0 }

// push adds an item.
func (b *inbox) push(it item) {
	if len(b.open) == blockSize {
		b.full = append(b.full, b.open)
		b.open, b.spare = b.spare, nil
		if b.open == nil {
			b.open = make([]item, 0, blockSize)
		}
	}
	b.open = append(b.open, it)
}

// take returns the oldest block, which is empty if nothing waits. Whoever takes it
// gives back the one that it is done with, if any.
func (b *inbox) take(done []item) []item {
	if len(b.full) == 0 {
		oldest := b.open
		b.open = done[:0]
		return oldest
	}
	oldest := b.full[0]
	b.full = slices.Delete(b.full, 0, 1)
	b.spare = done[:0]
	return oldest
}

// all returns all that waits.
func (b *inbox) all() []item { return slices.Concat(append(b.full, b.open)...) }
