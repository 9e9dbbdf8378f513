package runtime

import "sync/atomic"

// Gap is what a [Listener] misses because it is behind. While it is open, frames
// that the listener wants are counted and not made, which costs the flows next to
// nothing. The zero Gap is shut.
type Gap struct{ missed atomic.Int64 }

// Open opens the gap, if it is not, and counts a frame.
func (g *Gap) Open() { g.missed.Add(1) }

// IsOpen tells whether frames are missed.
func (g *Gap) IsOpen() bool { return g.missed.Load() > 0 }

// Shut shuts the gap and returns how many frames are missed. From then on the
// listener gets them again.
func (g *Gap) Shut() int { return int(g.missed.Swap(0)) }

// widen counts a frame if the gap is open. A listener without a gap misses none.
func (g *Gap) widen() bool {
	if g == nil {
		return false
	}
	for n := g.missed.Load(); n > 0; n = g.missed.Load() {
		if g.missed.CompareAndSwap(n, n+1) {
			return true
		}
	}
	return false
}
