package complete

import (
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestSendsWhatItGets(t *testing.T) {
	d := flowtest.New(t, Type, `{"scope":["a"],"uncaught":false}`)
	d.Handle(`{"payload":1}`)
	if got, want := d.Sent(0), []string{`{"payload":1}`}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	if _, err := Type.New(flow.NewObject("scope", true), flow.Env{}); err == nil {
		t.Error("a scope that is no list is no error")
	}
}
