package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestObjectKeepsTheOrderOfJavaScript(t *testing.T) {
	o := flow.NewObject()
	for _, k := range []string{"b", "10", "a", "2", "01", "c", "4294967295", "0"} {
		o.Set(k, k)
	}
	want := []string{"0", "2", "10", "b", "a", "01", "c", "4294967295"}
	if got := o.Keys(); !slices.Equal(got, want) {
		t.Fatalf("keys %q, want %q", got, want)
	}
	o.Set("a", "again") // keeps its position
	o.Delete("2")
	o.Delete("b")
	o.Delete("not there")
	o.Set("b", "at the end now")
	o.Set("1", "in between")
	want = []string{"0", "1", "10", "a", "01", "c", "4294967295", "b"}
	if got := o.Keys(); !slices.Equal(got, want) {
		t.Fatalf("keys %q, want %q", got, want)
	}
}

// A large object looks keys up in a map; it must behave as a small one.
func TestLargeObjectBehavesAsASmallOne(t *testing.T) {
	o := flow.NewObject()
	var want []string
	for i := range 100 {
		k := fmt.Sprintf("key%d", i)
		o.Set(k, float64(i))
		want = append(want, k)
	}
	for i := 0; i < 100; i += 3 {
		o.Delete(fmt.Sprintf("key%d", i))
	}
	want = slices.DeleteFunc(want, func(k string) bool {
		var i int
		_, _ = fmt.Sscanf(k, "key%d", &i)
		return i%3 == 0
	})
	if got := o.Keys(); !slices.Equal(got, want) {
		t.Fatalf("keys %q, want %q", got, want)
	}
	c := o.Clone()
	c.Set("key1", "changed")
	if o.Get("key1") != 1.0 || c.Get("key1") != "changed" || o.Get("key3") != nil {
		t.Error("a clone is not independent, or a deleted key is still there")
	}
}

// What one branch of a flow does to its message is never seen in another.
func TestFanOutIsolates(t *testing.T) {
	mustPath := func(expr string) flow.Path {
		p, err := flow.ParseMessagePath(expr)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	set := func(m *flow.Message, expr string, v flow.Value) {
		if ok, err := m.SetPath(mustPath(expr), v, true); !ok || err != nil {
			t.Fatalf("setting %s: %v %v", expr, ok, err)
		}
	}
	v, err := flow.ParseJSON([]byte(`{"payload":{"list":[1,{"deep":"x"}],"n":1},"topic":"t"}`))
	if err != nil {
		t.Fatal(err)
	}
	original := flow.MessageOf(v.(*flow.Object))
	original.Set("bytes", flow.Buffer{1, 2, 3})
	before := flow.JSON(original)

	a, b := original.Clone(), original.Clone()
	set(a, "payload.list[1].deep", "from a")
	set(a, "bytes[0]", 99.0)
	a.Delete("topic")
	set(b, "payload.list[0]", "from b")
	set(b, "payload.n", nil)
	set(b, "bytes[2]", 77.0)
	b.Set("topic", "b")
	set(original, "payload.list", "original")

	for _, c := range []struct {
		name string
		m    *flow.Message
		want string
	}{
		{"a", a, `{"payload":{"list":[1,{"deep":"from a"}],"n":1},"bytes":{"type":"Buffer","data":[99,2,3]}}`},
		{"b", b, `{"payload":{"list":["from b",{"deep":"x"}]},"topic":"b","bytes":{"type":"Buffer","data":[1,2,77]}}`},
		{"original", original, `{"payload":{"list":"original","n":1},"topic":"t","bytes":{"type":"Buffer","data":[1,2,3]}}`},
	} {
		if got := flow.JSON(c.m); got != c.want {
			t.Errorf("branch %s\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	if flow.JSON(v) != `{"payload":{"list":[1,{"deep":"x"}],"n":1},"topic":"t"}` {
		t.Errorf("the object a message was made of changed: %s (was %s)", flow.JSON(v), before)
	}
}

// A message that lent its space to clones must not write into it later.
func TestMessageDoesNotReuseSpaceItLent(t *testing.T) {
	m := flow.NewMessage()
	m.Set("a", "1")
	first := m.Clone()
	m.Set("a", "2") // copies
	second := m.Clone()
	m.Set("a", "3") // copies again
	third := m.Clone()
	m.Set("b", "4")
	for i, c := range []*flow.Message{first, second, third} {
		if want := fmt.Sprintf(`{"a":"%d"}`, i+1); flow.JSON(c) != want {
			t.Errorf("clone %d is %s, want %s", i+1, flow.JSON(c), want)
		}
	}
	if flow.JSON(m) != `{"a":"3","b":"4"}` {
		t.Errorf("the message is %s", flow.JSON(m))
	}
}
