package flow_test

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// holder is a router that remembers what was held.
type holder struct {
	flow.Router
	cause *flow.Cause
	msg   *flow.Message
}

func (h *holder) Hold(c *flow.Cause, msg *flow.Message) func(error) {
	h.cause, h.msg = c, msg
	return func(error) {}
}

func TestKeepLetsTheCauseEnd(t *testing.T) {
	h := &holder{}
	msg, cause := flow.NewMessage(), flow.NewCause(nil)
	out := flow.NewOutlet(h, msg, cause)
	out.Keep()
	if h.cause != nil || h.msg != msg {
		t.Errorf("Keep holds the cause %v and the message %v", h.cause, h.msg)
	}
	out.Hold()
	if h.cause != cause {
		t.Error("Hold does not hold the cause")
	}
}
