package state_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime/state"
)

func set(t *testing.T, c *state.Scope, key string, v flow.Value) {
	t.Helper()
	if err := c.Set(key, v); err != nil {
		t.Fatalf("Set(%q): %v", key, err)
	}
}

func get(t *testing.T, c *state.Scope, key string) string {
	t.Helper()
	v, err := c.Get(key)
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	if v == nil {
		return "undefined"
	}
	return flow.JSON(v)
}

func TestSetAndGet(t *testing.T) {
	type step struct {
		key   string
		value flow.Value
	}
	tests := []struct {
		name string
		set  []step
		get  string
		want string
	}{
		{"unset", nil, "a", "undefined"},
		{"missing parent", nil, "a.b.c", "undefined"},
		{"parent is null", []step{{"a", flow.Null{}}}, "a.b", "undefined"},
		{"plain", []step{{"a", 1.0}}, "a", "1"},
		{"null is kept", []step{{"a", flow.Null{}}}, "a", "null"},
		{"parents are made", []step{{`a.b[1]["c d"]`, "x"}}, "a", `{"b":[null,{"c d":"x"}]}`},
		{"undefined deletes", []step{{"a", 1.0}, {"a", nil}}, "a", "undefined"},
		{"undefined deletes below", []step{{"a.b", 1.0}, {"a.c", 2.0}, {"a.b", nil}}, "a", `{"c":2}`},
		{"undefined cuts an element out", []step{{"a", flow.Array{1.0, 2.0, 3.0}}, {"a[1]", nil}}, "a", "[1,3]"},
		{"deleting below nothing", []step{{"a.b", nil}}, "a", "undefined"},
		{"a text in the way", []step{{"a", "text"}, {"a.b", 1.0}}, "a", `"text"`},
		{"default store by name", []step{{"a", 1.0}}, "#:(default)::a", "1"},
		{"unknown store", []step{{"#:(nosuch)::a", 1.0}}, "a", "1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := state.New().Global()
			for _, s := range test.set {
				set(t, c, s.key, s.value)
			}
			if got := get(t, c, test.get); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestBadKeys(t *testing.T) {
	c := state.New().Global()
	for _, key := range []string{"", "a.", ".a", "a b", "a[", "#:(default)::", "a[msg.x]"} {
		var bad *flow.PathError
		if _, err := c.Get(key); !errors.As(err, &bad) {
			t.Errorf("Get(%q): %v, want a *flow.PathError", key, err)
		}
		if err := c.Set(key, 1.0); !errors.As(err, &bad) {
			t.Errorf("Set(%q): %v, want a *flow.PathError", key, err)
		}
	}
}

func TestValuesNeverChange(t *testing.T) {
	c := state.New().Global()
	set(t, c, "a.list", flow.Array{flow.NewObject("x", 1.0)})
	before, _ := c.Get("a")
	set(t, c, "a.list[0].x", 2.0)
	set(t, c, "a.more", true)
	if got := flow.JSON(before); got != `{"list":[{"x":1}]}` {
		t.Errorf("a value that was read changed to %s", got)
	}
	if got := get(t, c, "a"); got != `{"list":[{"x":2}],"more":true}` {
		t.Errorf("got %s", got)
	}
}

func TestNamedStoresAreSeparate(t *testing.T) {
	c := state.New("memory", "disk").Global()
	set(t, c, "a", "m")
	set(t, c, "#:(disk)::a", "d")
	set(t, c, "#:(disk)::b", "d")
	for key, want := range map[string]string{"a": `"m"`, "#:(memory)::a": `"m"`, "#:(disk)::a": `"d"`, "b": "undefined"} {
		if got := get(t, c, key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	if got := c.Keys(); !reflect.DeepEqual(got, []string{"a"}) {
		t.Errorf("Keys: %v", got)
	}
	if got := c.StoreKeys("disk"); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("StoreKeys: %v", got)
	}
}

func TestScopes(t *testing.T) {
	s := state.New()
	set(t, s.Global(), "a", "global")
	set(t, s.Flow("f1"), "a", "flow")
	set(t, s.Node("n1", "f1"), "a", "node")
	if again := s.Flow("f1"); again != s.Flow("f1") || s.Node("n1", "f1") == s.Node("n1", "f2") {
		t.Fatal("scopes are not told apart by their ids")
	}

	version := s.Node("n1", "f1").Version()
	s.DeleteNode("n1", "f1")
	if got := get(t, s.Node("n1", "f1"), "a"); got != "undefined" {
		t.Errorf("after DeleteNode: %s", got)
	}
	if s.Node("n1", "f1").Version() <= version {
		t.Error("DeleteNode does not show in the version")
	}

	set(t, s.Node("n1", "f1"), "a", "node")
	set(t, s.Node("i1-n2", "i1"), "a", "inner")
	set(t, s.Node("n3", "f1"), "a", "gone")
	set(t, s.Node("n1", "f2"), "a", "gone")
	set(t, s.Flow("f2"), "a", "gone")
	s.Clean(func(id string) bool { return slices.Contains([]string{"n1", "f1", "i1", "i1-n2"}, id) })
	for _, c := range []*state.Scope{s.Node("n3", "f1"), s.Node("n1", "f2"), s.Flow("f2")} {
		if got := get(t, c, "a"); got != "undefined" {
			t.Errorf("after Clean: %s", got)
		}
	}
	if got := get(t, s.Node("n1", "f1"), "a") + get(t, s.Node("n2", "i1"), "a") + get(t, s.Global(), "a"); got != `"node""inner""global"` {
		t.Errorf("what is kept after Clean: %s", got)
	}
	s.Clear()
	if got := get(t, s.Node("n1", "f1"), "a") + get(t, s.Global(), "a"); got != "undefinedundefined" {
		t.Errorf("after Clear: %s", got)
	}

	set(t, s.Node("n1", "f1"), "a", "node")
}

func TestConfiguredStoresOutliveTheNode(t *testing.T) {
	s := state.New("disk")
	set(t, s.Node("n1", "f1"), "a", 1.0)
	s.DeleteNode("n1", "f1")
	if got := get(t, s.Node("n1", "f1"), "a"); got != "1" {
		t.Errorf("got %s", got)
	}
}

func TestParentFlows(t *testing.T) {
	s := state.New("one", "two")
	inner := s.Flow("i2", "i1", "tab")
	set(t, inner, "a", "inner")
	set(t, inner, "$parent.a", "outer")
	set(t, inner, "#:(two)::$parent.$parent.a", "tab")
	set(t, inner, "$parent.$parent.$parent.a", "nowhere")
	for key, want := range map[string]string{
		"a": `"inner"`, "$parent.a": `"outer"`, "$parent.$parent.a": "undefined", "#:(two)::$parent.$parent.a": `"tab"`,
		"$parent.$parent.$parent.a": "undefined", "$parent": "undefined",
	} {
		if got := get(t, s.Flow("i2"), key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	if got := get(t, s.Flow("tab"), "#:(two)::a") + get(t, s.Flow("i1"), "a"); got != `"tab""outer"` {
		t.Errorf("seen from outside: %s", got)
	}
	if got := get(t, s.Global(), "$parent.a"); got != "undefined" {
		t.Errorf("the parent of the global context: %s", got)
	}
}

func TestSeveralKeysAtOnce(t *testing.T) {
	c := state.New("one", "two").Global()
	if err := c.SetAll("two", []string{"a", "b.c", "d"}, []flow.Value{1.0, 2.0}); err != nil {
		t.Fatal(err)
	}
	values, err := c.GetAll("two", []string{"b", "d", "e", "a"})
	if err != nil {
		t.Fatal(err)
	}
	if values[1] != (flow.Null{}) || values[2] != nil {
		t.Errorf("without a value: %v, not set: %v", values[1], values[2])
	}
	if got := flow.JSON(flow.Array(values)); got != `[{"c":2},null,null,1]` {
		t.Errorf("got %s", got)
	}
	var bad *flow.PathError
	if err := c.SetAll("two", []string{"a", "b["}, []flow.Value{3.0, 3.0}); !errors.As(err, &bad) {
		t.Errorf("a bad key: %v", err)
	}
	if got := get(t, c, "#:(two)::a"); got != "1" {
		t.Errorf("a was set beside a bad key: %s", got)
	}
}

func TestSplitKey(t *testing.T) {
	for key, want := range map[string][2]string{
		"a.b":           {"", "a.b"},
		"#:(disk)::a.b": {"disk", "a.b"},
		"#:(disk)a":     {"", "#:(disk)a"},
	} {
		store, rest := state.SplitKey(key)
		if [2]string{store, rest} != want {
			t.Errorf("SplitKey(%q) = %q, %q", key, store, rest)
		}
		if store != "" && state.JoinKey(store, rest) != key {
			t.Errorf("JoinKey(%q, %q) is not %q", store, rest, key)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	c := state.New().Global()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				_ = c.Set(fmt.Sprintf("list[%d]", i), float64(i))
				_, _ = c.Get("list")
				_ = c.Keys()
			}
		})
	}
	wg.Wait()
	if got := c.Version(); got != 800 {
		t.Errorf("version %d after 800 sets", got)
	}
	if got := get(t, c, "list"); got != "[0,1,2,3,4,5,6,7]" {
		t.Errorf("got %s", got)
	}
}
