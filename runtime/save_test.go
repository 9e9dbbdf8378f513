package runtime_test

import (
	"context"
	"errors"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/runtime"
)

// idle is a node that does nothing.
type idle struct{}

func (idle) Handle(*flow.Message, flow.Outlet) error { return nil }

// Flows are saved before they run. What cannot be saved, or not even be built,
// does not run.
func TestSave(t *testing.T) {
	registry, err := flow.NewRegistry(flow.Define(flow.Spec[struct{}]{
		Name: "idle", Inputs: 1, New: func(struct{}, flow.Env) (flow.Node, error) { return idle{}, nil },
	}))
	if err != nil {
		t.Fatal(err)
	}
	var saved []string
	var full error
	rt := runtime.New(runtime.Options{Registry: registry, Save: func(f *flowfile.Flows) error {
		if full == nil {
			saved = append(saved, f.Nodes[0].ID+" "+flow.JSON(f.Credentials[f.Nodes[0].ID]))
		}
		return full
	}})
	defer func() {
		if err := rt.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	deploy := func(node *flow.Object) error {
		t.Helper()
		flows, problems := flowfile.FromValue(flow.Array{node})
		if problems != nil {
			t.Fatal(problems)
		}
		_, err := rt.Deploy(t.Context(), flows, runtime.Full)
		return err
	}
	if err := deploy(flow.NewObject("id", "a", "type", "idle", "credentials", flow.NewObject("password", "geheim"))); err != nil {
		t.Fatal(err)
	}
	if err := deploy(flow.NewObject("id", "a", "type", "idle")); err != nil { // keeps the credentials
		t.Fatal(err)
	}
	if err := deploy(flow.NewObject("id", "b", "type", "nonsense")); err == nil {
		t.Error("there is no such type")
	}
	full = errors.New("the disk is full")
	if err := deploy(flow.NewObject("id", "c", "type", "idle")); !errors.Is(err, runtime.ErrNotSaved) || !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
	equal(t, "saved", saved, []string{`a {"password":"geheim"}`, `a {"password":"geheim"}`})
	if runs := rt.Flows().Nodes; len(runs) != 1 || runs[0].ID != "a" {
		t.Errorf("what runs now is %v", runs)
	}
}
