package admin_test

import (
	"context"
	"errors"
	"testing"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

// A deploy that cannot be kept is not the client's fault.
func TestDeployThatCannotBeSaved(t *testing.T) {
	registry, err := flow.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	rt := runtime.New(runtime.Options{Registry: registry, Save: func(*flowfile.Flows) error { return errors.New("the disk is full") }})
	defer func() {
		if err := rt.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	s := &server{t: t, rt: rt, handler: admin.NewHandler(optionsFor(rt))}
	expect(t, s.do("POST", "/flows", `[]`), 500, `{"code":"unexpected_error","message":"the flows cannot be saved: the disk is full"}`)
	expect(t, s.do("GET", "/flows", ""), 200, `[]`)
}
