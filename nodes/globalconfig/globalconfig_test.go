package globalconfig

import (
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestHandle(t *testing.T) {
	d := flowtest.New(t, Type, `{"name":"any"}`)
	d.Handle(`{"payload":1}`)
	if got := d.Sent(0); !slices.Equal(got, nil) {
		t.Errorf("sent %q", got)
	}
}
