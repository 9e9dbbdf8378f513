package function_test

import (
	"fmt"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/nodes/function"
	"github.com/flowrun/flowrun/runtime/state"
)

func TestContextStores(t *testing.T) {
	tests := map[string]string{
		"flow.set('a', 1, 'two'); return {p: [flow.get('a'), flow.get('a', 'two'), flow.get('#:(two)::a')]}":                `{"p":[null,1,1]}`,
		"flow.set('#:(two)::a', 1); return {p: [flow.get('a'), flow.get('#:(one)::a', 'two'), flow.keys('two')]}":           `{"p":[null,1,["a"]]}`,
		"flow.set(['a', 'b'], [1, 2], 'two'); return {p: [flow.get(['a', 'b'], 'two'), flow.get(['a', 'b'])]}":              `{"p":[[1,2],[null,null]]}`,
		"let p; flow.set('a', 1, 'two', (...e) => { p = e }); return {p}":                                                   `{"p":[null]}`,
		"let p; flow.set('a', 1, 'two'); flow.get('a', 'two', (...e) => { p = e }); return {p: [p[0] === undefined, p[1]]}": `{"p":[true,1]}`,
		"let p; flow.set('a', 1, 'two'); flow.keys('two', (...e) => { p = e }); return {p}":                                 `{"p":[null,["a"]]}`,
		"let p; flow.get('', e => { p = e.message }); return {p}":                                                           `{"p":"Invalid context key"}`,
		"let p; flow.set([], 1, e => { p = e.message }); return {p}":                                                        `{"p":"Invalid context key"}`,
		"let p; flow.set(['a', 5], 1, e => { p = e.message }); return {p}":                                                  `{"p":"Invalid context key"}`,
		"try { flow.get('a', 'two', 'callback') } catch (e) { return {p: e.message} }":                                      `{"p":"Callback must be a function"}`,
		"try { flow.set('a', 1, 'two', 'callback') } catch (e) { return {p: e.message} }":                                   `{"p":"Callback must be a function"}`,
		"try { flow.keys('two', 'callback') } catch (e) { return {p: e.message} }":                                          `{"p":"Callback must be a function"}`,
		"try { flow.get('a b') } catch (e) { return {p: e.code} }":                                                          `{"p":"INVALID_EXPR"}`,
		"flow.set('$parent.a', 1); return {p: [flow.get('$parent.a'), flow.get('$parent.$parent.a'), flow.get('a')]}":       `{"p":[1,null,null]}`,
		"flow.set('f', x => x + 1); context.set('other', 1); return {p: [flow.get('f')(1), context.get('f')]}":              `{"p":[2,null]}`,
	}
	for body, want := range tests {
		t.Run(body, func(t *testing.T) {
			d := flowtest.New(t, function.Type(state.New("one", "two"), nil), config(body),
				func(e *flow.Env) { e.Flows = []string{e.Flow, "outer"} })
			d.Handle(`{}`)
			equal(t, "sent", d.Sent(0), []string{want})
			equal(t, "log", log(d), nil)
		})
	}
}

// What one function changes in place another one sees, and so does the store.
func TestChangesInPlaceAreSeenByOthers(t *testing.T) {
	stores := state.New()
	writer := flowtest.New(t, function.Type(stores, nil), config(`
		const list = flow.get('list') || [];
		flow.set('list', list);
		list.push(msg.n);
		const table = global.get('table') || {};
		global.set('table', table);
		table[msg.n] = {n: msg.n};
		setImmediate(() => { flow.get('list').push('later'); node.done() });`))
	reader := flowtest.New(t, function.Type(stores, nil), config("return {list: flow.get('list'), table: global.get('table')}"),
		func(e *flow.Env) { e.ID = "n2" })
	for i := range 2 {
		writer.Handle(fmt.Sprintf(`{"n":%d}`, i))
		writer.Until(func() bool { return len(writer.Done) == i+1 })
		reader.Handle(`{}`)
	}
	equal(t, "sent", reader.Sent(0), []string{
		`{"list":[0,"later"],"table":{"0":{"n":0}}}`,
		`{"list":[0,"later",1,"later"],"table":{"0":{"n":0},"1":{"n":1}}}`,
	})
}

func TestLargeValuesAreNotLookedThrough(t *testing.T) {
	stores := state.New()
	d := flowtest.New(t, function.Type(stores, nil), config(
		"flow.set('l', new Array(2000).fill(0)); flow.get('l').push(1); return {here: flow.get('l').length}"))
	d.Handle(`{}`)
	equal(t, "sent", d.Sent(0), []string{`{"here":2001}`})
	if v, _ := stores.Flow("f1").Get("l.length"); v != 2000.0 {
		t.Errorf("in the store: %v", v)
	}
}

// A value that has been set anew is not overwritten by what was changed in the
// old one.
func TestOldObjectsAreNotPutBack(t *testing.T) {
	stores := state.New()
	d := flowtest.New(t, function.Type(stores, nil), config(
		"flow.set('o', {a: 1}); const o = flow.get('o'); flow.set('o', {b: 1}); o.a = 2; return msg"))
	d.Handle(`{}`)
	if v, _ := stores.Flow("f1").Get("o"); flow.JSON(v) != `{"b":1}` {
		t.Errorf("in the store: %s", flow.JSON(v))
	}
}
