package runtime_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// nested is a subflow "outer" around an instance of "inner": what comes in goes
// through outer's first, inner's only and outer's last node and out again. Both
// badge and throw stand in inner, on the side.
const nested = `
	{"id":"inner","type":"subflow","in":[{"wires":[{"id":"only"}]}],"out":[{"wires":[{"id":"only","port":0}]}],"env":[]},
	{"id":"only","type":"pass","z":"inner","x":1,"y":1,"wires":[["say","fail"]]},
	{"id":"say","type":"badge","z":"inner","x":1,"y":1,"wires":[[]]},
	{"id":"fail","type":"throw","z":"inner","x":1,"y":1,"wires":[[]]},
	{"id":"outer","type":"subflow","in":[{"wires":[{"id":"first"}]}],"out":[{"wires":[{"id":"last","port":0}]}],"env":[]},
	{"id":"first","type":"pass","z":"outer","x":1,"y":1,"wires":[["in"]]},
	{"id":"in","type":"subflow:inner","z":"outer","x":1,"y":1,"wires":[["last"]]},
	{"id":"last","type":"pass","z":"outer","x":1,"y":1,"wires":[[]]},
	{"id":"t","type":"tab"},
	{"id":"b","type":"button","z":"t","x":1,"y":1,"wires":[["one"]]},
	{"id":"one","type":"subflow:outer","z":"t","x":1,"y":1,"env":[],"wires":[["r"]]},
	{"id":"two","type":"subflow:outer","z":"t","x":1,"y":1,"env":[],"wires":[["r"]]},
	{"id":"r","type":"record","z":"t","x":1,"y":1}`

func TestMessagesPassThroughSubflows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deployJSON(nested, runtime.Full)
		b.press("b", "x")
		synctest.Wait()
		equal(t, "records", b.take(false), []string{"r:x"})
		var path []string
		for _, frame := range b.frames(`"t":"receive"`) {
			id, _, _ := strings.Cut(frame, " ")
			path = append(path, id)
		}
		equal(t, "receivers", path, []string{"one", "one-first", "one-in", "one-in-only", "one-in-say", "one-in-fail", "one-last", "r"})
	})
}

// What fails in a subflow is taken by the innermost flow with a catch node for
// it; outside, the instance is what failed.
func TestErrorsPassOutOfSubflows(t *testing.T) {
	const error = `{"payload":"x","_msgid":"ID","error":{"message":"TypeError: thrown","source":{"id":"one-in-fail","type":"throw","count":1},"code":"E1"}}`
	for _, c := range []struct {
		name, catches string
		want          []string
	}{
		{"in the tab, by the instance", `{"id":"c","type":"catch","z":"t","scope":["one"],"x":1,"y":1}`, []string{"c " + error}},
		{"in the tab, by another instance", `{"id":"c","type":"catch","z":"t","scope":["two"],"x":1,"y":1}`, nil},
		{"in the tab, by what the tab does not have", `{"id":"c","type":"catch","z":"t","scope":["one-in-fail"],"x":1,"y":1}`, nil},
		{"the outer subflow comes first", `{"id":"c","type":"catch","z":"t","x":1,"y":1},{"id":"d","type":"catch","z":"outer","scope":["in"],"x":1,"y":1}`, []string{"one-d " + error}},
		{"the inner one too", `{"id":"d","type":"catch","z":"outer","x":1,"y":1},{"id":"e","type":"catch","z":"inner","scope":["fail"],"x":1,"y":1}`, []string{"one-in-e " + error}},
		{"uncaught", `{"id":"c","type":"catch","z":"t","uncaught":true,"x":1,"y":1},{"id":"d","type":"catch","z":"t","scope":["one"],"x":1,"y":1}`, []string{"d " + error}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.deployJSON(nested+","+c.catches, runtime.Full)
				b.press("b", "x")
				synctest.Wait()
				var got []string
				for _, frame := range b.frames(`"t":"send"`) {
					if strings.Contains(frame, `"error"`) {
						got = append(got, frame)
					}
				}
				equal(t, "caught", got, c.want)
				if logged := len(b.frames(`"t":"log"`)) > 0; logged != (c.want == nil) {
					t.Errorf("logged: %t", logged)
				}
			})
		})
	}
}

// Complete nodes see the nodes of their own flow only, and no instances.
func TestCompletionStaysInSubflows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deployJSON(nested+`,{"id":"c","type":"complete","z":"t","scope":["one","one-first","r"],"x":1,"y":1},
			{"id":"d","type":"complete","z":"outer","scope":["first","in"],"x":1,"y":1}`, runtime.Full)
		b.press("b", "x")
		synctest.Wait()
		var got []string
		for _, frame := range b.frames(`"t":"send"`) {
			if _, source, ok := strings.Cut(frame, `"complete":{"source":`); ok {
				got = append(got, frame[:strings.IndexByte(frame, ' ')+1]+source)
			}
		}
		equal(t, "completed", got, []string{`one-d {"id":"one-first","type":"pass"}}}`, `c {"id":"r","type":"record"}}}`})
	})
}

// Status nodes get Node-RED's keys of texts that it does not translate for them;
// who looks on gets the text.
func TestStatusKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deploy("in button b\nb badge\ns status f\nf hook\n", runtime.Full)
		var got []string
		b.hook = func(_ flow.Env, m *flow.Message) {
			if m != nil {
				got = append(got, flow.Text(m.Get("status").(*flow.Object).Get("text")))
			}
		}
		b.press("in", "connected")
		b.press("in", "12 connected")
		synctest.Wait()
		equal(t, "texts", got, []string{"common.status.connected", "12 connected"})
		for _, s := range b.Status() {
			if s.ID == "b" && s.Badge.Get("text") != "12 connected" {
				t.Errorf("the badge is %v", s.Badge)
			}
		}
	})
}

func TestStatusPassesOutOfSubflows(t *testing.T) {
	status := func(id, typ string) string {
		return `{"status":{"text":"x","source":{"id":"` + id + `","type":"` + typ + `"}},"_msgid":"ID"}`
	}
	const output = `"env":[],"status":{"wires":[{"id":"only","port":0}]}}`
	for _, c := range []struct {
		name, nodes string
		want        []string
	}{
		{"in the tab", nested + `,{"id":"s","type":"status","z":"t","scope":["one"],"x":1,"y":1}`, []string{"s " + status("one-in-say", "badge")}},
		{"in the subflow", nested + `,{"id":"s","type":"status","z":"t","x":1,"y":1},{"id":"u","type":"status","z":"inner","x":1,"y":1}`,
			[]string{"one-in-u " + status("one-in-say", "badge")}},
		{"a status output speaks for the instance", strings.Replace(nested, `"env":[]}`, output, 1) + `,{"id":"s","type":"status","z":"t","x":1,"y":1}`,
			[]string{"s " + status("one-in", "subflow:inner")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.deployJSON(c.nodes, runtime.Full)
				b.press("b", "x")
				synctest.Wait()
				var got []string
				for _, frame := range b.frames(`"t":"send"`) {
					if strings.Contains(frame, `"source"`) && strings.Contains(frame, `"status"`) {
						got = append(got, frame)
					}
				}
				equal(t, "status messages", got, c.want)
			})
		})
	}
}

// A global config node's errors and status belong to the flows of its users.
func TestConfigNodesReportWhereTheyAreUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deployJSON(`{"id":"t","type":"tab"},{"id":"u","type":"tab"},{"id":"v","type":"tab"},
			{"id":"cfg","type":"config"},
			{"id":"a","type":"pass","z":"t","server":"cfg","x":1,"y":1},{"id":"ca","type":"catch","z":"t","x":1,"y":1,"scope":["a"]},
			{"id":"b","type":"pass","z":"u","server":"cfg","x":1,"y":1},{"id":"cb","type":"catch","z":"u","x":1,"y":1,"scope":["other"]},
			{"id":"sb","type":"status","z":"u","x":1,"y":1},
			{"id":"cv","type":"catch","z":"v","x":1,"y":1}`, runtime.Full)
		b.take(true)
		post(b, "cfg", func(out flow.Outlet) error {
			m := flow.NewMessage()
			m.Set("payload", 1.0)
			b.host("cfg").Report(flow.LevelError, "lost", m)
			return nil
		})
		synctest.Wait()
		b.host("cfg").Status(flow.NewObject("text", "down"))
		synctest.Wait()
		equal(t, "sends", b.frames(`"t":"send"`), []string{
			`ca {"payload":1,"error":{"message":"lost","source":{"id":"cfg","type":"config","count":1}},"_msgid":"ID"}`,
			`sb {"status":{"text":"down","source":{"id":"cfg","type":"config"}},"_msgid":"ID"}`,
		})
	})
}

func TestDeploysOfSubflows(t *testing.T) {
	const all = "one one-first one-in one-in-only one-in-say one-in-fail one-last two two-first two-in two-in-only two-in-say two-in-fail two-last"
	one, _, _ := strings.Cut(all, " two")
	for _, c := range []struct {
		name, from, to                string
		typ                           runtime.DeployType
		add, remove, restart, rewired string
	}{
		{"nothing", "", "", runtime.Nodes, "", "", "", ""},
		{"a node of the inner definition", `"type":"throw","z":"inner"`, `"type":"throw","version":"2","z":"inner"`, runtime.Nodes, "", "", all, ""},
		{"its type", `"type":"throw","z":"inner"`, `"type":"pass","z":"inner"`, runtime.Nodes, "", "", all, ""},
		{"a wire in it", `[["say","fail"]]`, `[["say"]]`, runtime.Nodes, "", "", "", "one-in-only two-in-only"},
		{"a position in it", `"z":"inner","x":1`, `"z":"inner","x":7`, runtime.Nodes, "", "", "", ""},
		{"a new node in it", `{"id":"fail"`, `{"id":"new","type":"pass","z":"inner","x":1,"y":1},{"id":"fail"`, runtime.Nodes, "one-in-new two-in-new", "", all, ""},
		{"a status output", `"port":0}]}],"env":[]}`, `"port":0}]}],"env":[],"status":{"wires":[]}}`, runtime.Nodes, "one-in:status two-in:status", "", all, ""},
		{"the definition's env", `"env":[]},
	{"id":"first"`, `"env":[{"name":"A","value":"1","type":"str"}]},
	{"id":"first"`, runtime.Nodes, "", "", all, ""},
		{"an instance's env", `"env":[],"wires":[["r"]]}`, `"env":[{"name":"A","value":"1","type":"str"}],"wires":[["r"]]}`, runtime.Nodes, "", "", one, ""},
		{"an instance's wires", `"env":[],"wires":[["r"]]}`, `"env":[],"wires":[[]]}`, runtime.Nodes, "", "", "", "one-last"},
		{"an instance disabled", `{"id":"two"`, `{"id":"two","d":true`, runtime.Nodes, "", strings.TrimPrefix(all, one+" "), "", ""},
		{"the tab's env", `"type":"tab"`, `"type":"tab","env":[{"name":"A","value":"1","type":"str"}]`, runtime.Nodes, "", "", "b " + all + " r", ""},
		{"what is wired to an instance", `"id":"b","type":"button"`, `"id":"b","type":"button","version":"2"`, runtime.Flows, "", "", "b " + all + " r", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := runtime.Diff(parseJSONFlows(t, nested), parseJSONFlows(t, strings.Replace(nested, c.from, c.to, 1)), c.typ)
			for _, part := range []struct {
				what string
				got  []string
				want string
			}{{"add", plan.Add, c.add}, {"remove", plan.Remove, c.remove}, {"restart", plan.Restart, c.restart}, {"rewire", plan.Rewire, c.rewired}} {
				if got := strings.Join(part.got, " "); got != part.want {
					t.Errorf("%s\ngot  %q\nwant %q", part.what, got, part.want)
				}
			}
		})
	}
}

func TestSubflowInstancesComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.deployJSON(nested+`,{"id":"t2","type":"tab"}`, runtime.Full)
		b.take(true)

		b.deployJSON(strings.Replace(nested, `"z":"t","x":1,"y":1,"env":[],"wires":[["r"]]}`, `"z":"t2","x":1,"y":1,"env":[],"wires":[["r"]]}`, 1)+`,{"id":"t2","type":"tab"}`, runtime.Nodes)
		for _, line := range b.take(true) {
			if !strings.Contains(line, "one") {
				t.Errorf("moving instance one: %s", line)
			}
		}
		b.press("b", "from tab to tab and back")
		synctest.Wait()
		equal(t, "after the move", b.take(false), []string{"r:from tab to tab and back"})

		before, _, _ := strings.Cut(nested, `{"id":"one"`)
		_, after, _ := strings.Cut(nested, `{"id":"two"`)
		plan := b.deployJSON(before+`{"id":"two"`+after, runtime.Nodes)
		if got := strings.Join(plan.Remove, " "); got != "one one-first one-in one-in-only one-in-say one-in-fail one-last" {
			t.Errorf("removed %s", got)
		}
		b.press("b", "nowhere")
		synctest.Wait()
		equal(t, "after the removal", b.take(false), nil)
	})
}
