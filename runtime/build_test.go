package runtime_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// Credentials reach their node and nobody else, outlive deploys that do not
// carry them, and a change restarts the node.
func TestCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		const flows = `{"id":"t","type":"tab","env":[{"name":"E","type":"cred"}],"credentials":{"E":"hush env"}},
			{"id":"n","type":"pass","z":"t","x":1,"y":1,"credentials":{"password":"hush","user":"${E}"}},
			{"id":"m","type":"pass","z":"t","x":1,"y":1}`
		b.deployJSON(flows, runtime.Full)
		see := func(what, id, password, user string) {
			t.Helper()
			if c := b.toys[id].env.Credentials; c.Get("password") != password || c.Get("user") != user {
				t.Errorf("%s: %s has %q and %q", what, id, c.Get("password"), c.Get("user"))
			}
		}
		see("first", "n", "hush", "hush env")
		see("first", "m", "", "")

		without := strings.ReplaceAll(strings.Replace(flows, `,"credentials":{"password":"hush","user":"${E}"}`, "", 1), `,"credentials":{"E":"hush env"}`, "")
		plan := b.deployJSON(without, runtime.Nodes)
		if len(plan.Restart) > 0 {
			t.Errorf("nothing changed, but %q were restarted", plan.Restart)
		}
		b.deployJSON(without, runtime.Full)
		see("kept", "n", "hush", "hush env")

		plan = b.deployJSON(strings.Replace(without, `"id":"n"`, `"id":"n","credentials":{"password":"hush2","user":"__PWRD__"}`, 1), runtime.Nodes)
		if strings.Join(plan.Restart, " ") != "n" {
			t.Errorf("a new password restarts %q", plan.Restart)
		}
		see("changed", "n", "hush2", "hush env")

		if err := b.out.Flush(); err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"the trace": b.trace.String(), "the flows": string(b.Flows().JSON())} {
			if strings.Contains(text, "hush") {
				t.Errorf("%s shows them: %s", what, text)
			}
		}
	})
}

// A node finds the config nodes that it names, however the file is ordered, and
// is made anew together with them.
func TestConfigNodesComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		const flows = `{"id":"t","type":"tab"},{"id":"s","type":"subflow"},{"id":"si","type":"subflow:s","z":"t","x":1,"y":1},
			{"id":"u","type":"uses","z":"t","x":1,"y":1,"server":"outer"},{"id":"v","type":"uses","z":"t","x":1,"y":1,"server":"gone"},
			{"id":"w","type":"uses","z":"s","x":1,"y":1,"server":"inner"},{"id":"inner","type":"uses","z":"s","server":"outer"},
			{"id":"outer","type":"uses","server":"base"},{"id":"base","type":"config","version":"1"}`
		b.deployJSON(flows, runtime.Full)
		equal(t, "made", b.take(false), []string{
			"base by outer", "outer by si-inner", "si-inner by si-w", "outer by u", "none by v",
		})
		b.deployJSON(strings.Replace(flows, `"z":"t","x":1,"y":1,"server":"outer"`, `"z":"t","x":1,"y":1,"server":"outer","version":"2"`, 1), runtime.Nodes)
		equal(t, "one user changed", b.take(false), []string{"outer by u"})
		b.deployJSON(strings.Replace(flows, `"version":"1"`, `"version":"2"`, 1), runtime.Nodes)
		equal(t, "the config node changed", b.take(false), []string{
			"base by outer", "outer by si-inner", "si-inner by si-w", "outer by u",
		})
	})
}

// Flows run without a node that names a config node which is not there. It tells
// the catch nodes, and works when the config node comes.
func TestMissingConfigNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		const flows = `{"id":"t","type":"tab"},{"id":"in","type":"button","z":"t","x":1,"y":1,"wires":[["n","r"]]},
			{"id":"n","type":"needs","z":"t","x":1,"y":1,"server":"c","wires":[["r"]]},{"id":"r","type":"record","z":"t","x":1,"y":1},
			{"id":"k","type":"catch","z":"t","x":1,"y":1,"wires":[["e"]]},{"id":"e","type":"record","z":"t","x":1,"y":1},`
		parsed := parseJSONFlows(t, flows+`{"id":"x","type":"tab"}`)
		if problems := b.Check(parsed); len(problems) != 1 || problems.HasErrors() || !strings.Contains(problems[0].String(), `server: there is no config node with the id "c"`) {
			t.Errorf("problems %v", problems)
		}
		press := func() {
			if err := b.Command(t.Context(), "in", "inject", flow.NewObject("payload", "x")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		b.deployJSON(flows+`{"id":"x","type":"tab"}`, runtime.Full)
		press()
		equal(t, "without", b.take(false), []string{"r:x", "e:x"})
		b.deployJSON(flows+`{"id":"c","type":"config"}`, runtime.Nodes)
		press()
		equal(t, "with", b.take(false), []string{"r:x", "r:x"})
		b.deployJSON(flows+`{"id":"c","type":"config","d":true}`, runtime.Nodes)
		if why := b.why["n"]; why != flow.Removed { // nobody takes over what it has
			t.Errorf("the node has stopped with %v", why)
		}
		press()
		equal(t, "disabled", b.take(false), []string{"r:x", "e:x"})
	})
}

func TestConfigNodesInACircle(t *testing.T) {
	b := newBench(t)
	_, err := b.Deploy(t.Context(), parseJSONFlows(t, `{"id":"a","type":"config","next":"b"},{"id":"b","type":"config","next":"a"}`), runtime.Full)
	if err == nil || !strings.Contains(err.Error(), "a → b → a") {
		t.Errorf("got %v", err)
	}
}
