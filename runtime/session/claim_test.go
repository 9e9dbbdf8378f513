package session

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestClaims(t *testing.T) {
	st := New()
	owner, a, b := &recorder{}, &recorder{}, &recorder{}
	s, peer, _ := accept(t, st, owner, Options{Line: true})
	st.Attach("a", a)
	st.Attach("b", b)
	end, err := ParseWaitFor("^END")
	if err != nil {
		t.Fatal(err)
	}
	send := func(node string, w *WaitFor) {
		t.Helper()
		if err := s.Send(Sending{Node: node, WaitFor: w}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(h *recorder, list ...string) {
		t.Helper()
		if got := h.await(t, dataPort, len(list)); !slices.Equal(got, list) {
			t.Errorf("got %s, want %s", got, list)
		}
	}
	held := func(n int) { // until the session has got them
		t.Helper()
		for {
			s.mu.Lock()
			got := len(s.rare.held)
			s.mu.Unlock()
			if got == n {
				return
			}
			runtime.Gosched()
		}
	}

	fmt.Fprint(peer, "free\n")
	want(owner, `"free"`)
	send("a", end)
	fmt.Fprint(peer, "1\n2\nhal")
	held(2)
	send("b", nil) // the lines held stay with a, the unfinished one moves on, so does END
	want(a, `["1","2"]`)
	fmt.Fprint(peer, "f\nEND\n")
	want(b, `["half"]`)
	fmt.Fprint(peer, "3\n")
	held(1)
	send("b", &WaitFor{}) // what is held comes out when nothing is waited for
	fmt.Fprint(peer, "4\n")
	want(b, `["half"]`, `["3"]`, `"4"`)

	again := &recorder{} // the node starts anew elsewhere
	st.Attach("b", again)
	fmt.Fprint(peer, "5\n")
	want(again, `"5"`)
	send("b", end)
	fmt.Fprint(peer, "6\n")
	held(1)
	st.Detach("b", flow.Removed)
	want(owner, `"free"`, `["6"]`)
	fmt.Fprint(peer, "7\n")
	want(owner, `"free"`, `["6"]`, `"7"`)
	if i := st.Snapshot()[0]; i.Claim != "owner" || i.State != Connected || i.Kind != "tcp" {
		t.Errorf("%+v", i)
	}
}
