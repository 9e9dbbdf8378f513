package flowfile

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
)

const envFlows = `[
    {"id": "globals", "type": "global-config", "env": [{"name": "G", "type": "str", "value": "global"}, {"name": "BOTH", "type": "str", "value": "of global"}]},
    {"id": "t", "type": "tab", "label": "Main", "env": [
        {"name": "SELF", "type": "env", "value": "SELF"},
        {"name": "EARLY", "type": "env", "value": "LATE"},
        {"name": "MIX", "type": "env", "value": "a${LATE}b${GONE}c"},
        {"name": "LATE", "type": "num", "value": "7"},
        {"name": "BOTH", "type": "str", "value": "of tab"},
        {"name": "YES", "type": "bool", "value": "true"},
        {"name": "LIST", "type": "json", "value": "[1,2]"},
        {"name": "BYTES", "type": "bin", "value": "[1,255]"},
        {"name": "BAD", "type": "json", "value": "{"},
        {"name": "SECRET", "type": "cred"}
    ], "credentials": {"SECRET": "hush"}},
    {"id": "inner", "type": "group", "z": "t", "g": "outer", "name": "In", "env": [{"name": "BOTH", "type": "str", "value": "of inner"}]},
    {"id": "outer", "type": "group", "z": "t", "name": "Out", "env": [{"name": "BOTH", "type": "str", "value": "of outer"}, {"name": "O", "type": "env", "value": "LATE"}]},
    {"id": "grouped", "type": "debug", "z": "t", "g": "inner", "name": "Debug"},
    {"id": "plain", "type": "debug", "z": "t"},
    {"id": "config", "type": "tls-config"},
    {"id": "clip", "type": "debug", "z": "none", "x": 1, "y": 1}
]`

func TestEnv(t *testing.T) {
	f, problems := Parse("flows.json", []byte(envFlows))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	process := func(name string) (string, bool) {
		v, ok := map[string]string{"SELF": "of process", "BAD": "of process", "HOME": "/root"}[name]
		return v, ok
	}
	f = f.SplitCredentials(nil).Expand()
	env, problems := NewEnv(f, EnvOptions{Process: process})
	if len(problems) != 1 || problems.HasErrors() || problems[0].Pos.Line != 12 {
		t.Errorf("the problems are %v", problems)
	}
	for _, c := range []struct{ node, name, want string }{
		{"plain", "SELF", `"of process"`},
		{"plain", "EARLY", `7`},
		{"plain", "MIX", `"a7bc"`},
		{"plain", "BOTH", `"of tab"`},
		{"plain", "$parent.BOTH", `"of global"`},
		{"plain", "$parent.$parent.BOTH", ``},
		{"plain", "$parent.$parent.HOME", `"/root"`},
		{"plain", "YES", `true`},
		{"plain", "LIST", `[1,2]`},
		{"plain", "BYTES", `{"type":"Buffer","data":[1,255]}`},
		{"plain", "BAD", ``},
		{"plain", "SECRET", `"hush"`},
		{"plain", "G", `"global"`},
		{"plain", "HOME", `"/root"`},
		{"plain", "GONE", ``},
		{"plain", "NR_NODE_ID", `"plain"`},
		{"plain", "NR_NODE_NAME", ``},
		{"plain", "NR_NODE_PATH", `"t/plain"`},
		{"plain", "NR_FLOW_ID", `"t"`},
		{"plain", "NR_FLOW_NAME", `"Main"`},
		{"plain", "NR_GROUP_ID", ``},
		{"grouped", "BOTH", `"of inner"`},
		{"grouped", "$parent.BOTH", `"of outer"`},
		{"grouped", "$parent.$parent.BOTH", `"of tab"`},
		{"grouped", "O", `7`},
		{"grouped", "NR_NODE_NAME", `"Debug"`},
		{"grouped", "NR_GROUP_NAME", `"In"`},
		{"grouped", "NR_GROUP_ID", `"inner"`},
		{"grouped", "$parent.NR_GROUP_ID", `"outer"`},
		{"grouped", "NR_FLOW_NAME", `"Main"`},
		{"config", "BOTH", `"of global"`},
		{"config", "NR_NODE_PATH", `"global/config"`},
		{"config", "NR_FLOW_ID", ``},
		{"clip", "NR_FLOW_ID", `"none"`},
		{"clip", "G", `"global"`},
	} {
		v, ok := env.Lookup(f.Lookup(c.node))(c.name)
		got := ""
		if ok {
			got = flow.JSON(v)
		}
		if got != c.want || ok != (v != nil) {
			t.Errorf("%s sees %s = %s, want %s", c.node, c.name, got, c.want)
		}
	}
}

// variables has what the tests of Substitute and Expand look up.
func variables(name string) (flow.Value, bool) {
	v, ok := map[string]flow.Value{
		"PORT": 7777.0, "HOST": "::1", "EMPTY": "", "OFF": false, "UNDEFINED": nil,
		"REF": "${HOST}", "OBJECT": flow.NewObject("a", 1.0),
	}[name]
	return v, ok
}

func TestSubstitute(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"port":"${PORT}","host":"$(HOST)"}`, `{"port":7777,"host":"::1"}`},
		{`{"a":["${PORT}",{"b":"${OFF}"}],"c":"${OBJECT}"}`, `{"a":[7777,{"b":false}],"c":{"a":1}}`},
		{`{"id":"${HOST}","type":"${HOST}","z":"${HOST}","g":"${HOST}","x":"${HOST}","y":"${HOST}","wires":[["${HOST}"]]}`, ``},
		{`{"a":"${GONE}","b":"x${HOST}","c":"${HOST}y","d":"${ HOST }","e":"${}","f":"${HOST)","g2":"$","h":"${UNDEFINED}"}`, ``},
		{`{"a":"${EMPTY}","b":"${REF}"}`, `{"a":"","b":"${HOST}"}`},
	} {
		v, err := flow.ParseJSON([]byte(c.in))
		if err != nil {
			t.Fatal(err)
		}
		props := v.(*flow.Object)
		result := Substitute(props, variables)
		if c.want == "" {
			if result != props {
				t.Errorf("%s became %s", c.in, flow.JSON(result))
			}
		} else if got := flow.JSON(result); got != c.want {
			t.Errorf("%s became %s, want %s", c.in, got, c.want)
		}
		if got := flow.JSON(props); got != c.in {
			t.Errorf("%s was changed to %s", c.in, got)
		}
	}
}

func TestUnset(t *testing.T) {
	f, _ := Parse("f.json", []byte(`[
		{"id": "a", "type": "x", "port": "${PORT}", "host": "${HOST}", "text": "at ${GONE}", "url": "${HOST}${PATH}",
		 "rules": [{"to": "$(TO)"}, {"to": "${PORT}"}]}]`))
	problems := f.Nodes[0].Unset(func(name string) (flow.Value, bool) { return "7000", name == "PORT" })
	const want = `f.json:2:47: warning: node "a" (x): host: there is no variable "HOST"; set it in the environment, with --env HOST=VALUE, or in the env of the flow
f.json:2:88: warning: node "a" (x): url: the variables in it are not replaced; a property is replaced only if it is one ${NAME} as a whole; let a variable have all of the text, or put it together in a node
f.json:3:4: warning: node "a" (x): rules: there is no variable "TO"; set it in the environment, with --env TO=VALUE, or in the env of the flow`
	if got := problems.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExpand(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"PORT", `7777`},
		{"${PORT}", `7777`},
		{"GONE", `""`},
		{"${GONE}", `""`},
		{"UNDEFINED", `""`},
		{"tcp://${HOST}:${PORT}/${GONE}", `"tcp://::1:7777/"`},
		{"${OBJECT}!", `"[object Object]!"`},
		{"OBJECT", `{"a":1}`},
		{"$(PORT)", `""`},
		{"${}", `""`},
	} {
		if got := flow.JSON(Expand(c.in, variables)); got != c.want {
			t.Errorf("Expand(%q) is %s, want %s", c.in, got, c.want)
		}
	}
}
