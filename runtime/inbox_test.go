package runtime

import "testing"

// A burst comes out in the order in which it came, whatever is taken meanwhile.
func TestInboxKeepsOrder(t *testing.T) {
	var in inbox
	var block []item
	pushed, taken := 0, 0
	push := func(n int) {
		for range n {
			in.push(item{place: &place{life: pushed}})
			pushed++
		}
	}
	take := func() {
		block = in.take(block)
		for _, it := range block {
			if it.place.life != taken {
				t.Fatalf("item %d comes after %d others", it.place.life, taken)
			}
			taken++
		}
	}
	for _, n := range []int{1, 2, blockSize, blockSize + 1, 5 * blockSize, 3} {
		push(n)
		take()
	}
	if in.isEmpty() {
		t.Fatal("a burst was taken in one go")
	}
	if rest := in.all(); len(rest) != pushed-taken || rest[0].place.life != taken {
		t.Errorf("%d items wait, want %d", len(rest), pushed-taken)
	}
	for !in.isEmpty() {
		take()
	}
	if taken != pushed {
		t.Errorf("%d items came out, want %d", taken, pushed)
	}
}

// What comes at a steady rate is kept in the same few blocks.
func TestInboxAllocatesNothing(t *testing.T) {
	var in inbox
	var block []item
	round := func() {
		for range 2*blockSize - 1 {
			in.push(item{})
		}
		for !in.isEmpty() {
			block = in.take(block)
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
