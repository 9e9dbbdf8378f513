package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/debugvalue"
	"github.com/flowrun/flowrun/runtime/state"
)

// The context of the flows as Node-RED's editor gets it, /context/…: a value is
// {msg, format} as in the debug sidebar, so long ones are cut. What a tap gets,
// /tap/context/…, is whole.

// exportContext answers with a value, or without a key with all values by store;
// with ?keysOnly with the keys alone. Of a node that does not exist it has
// nothing.
func (h *handler) exportContext(w http.ResponseWriter, r *http.Request) {
	scope, stores, ok := h.editorScope(w, r)
	if !ok {
		return
	}
	if scope == nil {
		answerJSON(w, &flow.Object{})
		return
	}
	query := r.URL.Query()
	if key := r.PathValue("key"); key != "" {
		store := stores[0]
		v, err := scope.Get(state.JoinKey(store, key))
		switch {
		case err != nil:
			fail(w, http.StatusBadRequest, "INVALID_EXPR", err.Error())
		case query.Has("keysOnly"):
			answerJSON(w, flow.NewObject(store, keysIn(v)))
		case store != h.Context.Names()[0]:
			shown := shownValue(v)
			shown.Set("store", store)
			answerJSON(w, shown)
		default:
			answerJSON(w, shownValue(v))
		}
		return
	}
	answer := &flow.Object{}
	for _, store := range stores {
		keys := scope.StoreKeys(store)
		if query.Has("keysOnly") {
			answer.Set(store, keyList(keys))
			continue
		}
		values := &flow.Object{}
		for _, key := range keys {
			v, _ := scope.Get(state.JoinKey(store, key)) // as Node-RED reads it
			values.Set(key, shownValue(v))
		}
		answer.Set(store, values)
	}
	answerJSON(w, answer)
}

// removeContext deletes a key.
func (h *handler) removeContext(w http.ResponseWriter, r *http.Request) {
	scope, stores, ok := h.editorScope(w, r)
	if !ok {
		return
	}
	if scope != nil {
		key := r.PathValue("key")
		if key == "" {
			failNotFound(w)
			return
		}
		if err := scope.Set(state.JoinKey(stores[0], key), nil); err != nil {
			fail(w, http.StatusBadRequest, "INVALID_EXPR", err.Error())
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// editorScope returns the scope that a request is about, nil for a node that
// does not exist, and the stores: that of ?store=, or else all, the default one
// first. If there is no such store, it answers so and returns false.
func (h *handler) editorScope(w http.ResponseWriter, r *http.Request) (scope *state.Scope, stores []string, ok bool) {
	stores = h.Context.Names()
	if store := r.URL.Query().Get("store"); store != "" {
		if !slices.Contains(stores, store) {
			failNotFound(w)
			return nil, nil, false
		}
		stores = []string{store}
	}
	id := r.PathValue("id")
	switch path := strings.TrimPrefix(r.URL.Path, "/context/"); {
	case strings.HasPrefix(path, "global"):
		return h.Context.Global(), stores, true
	case strings.HasPrefix(path, "flow/"):
		return h.Context.Flow(id), stores, true
	}
	info, err := h.Runtime.Info(id)
	switch {
	case err != nil:
		return nil, stores, true
	case strings.HasPrefix(info.Type, instanceType):
		return h.Context.Flow(id), stores, true
	}
	return h.Context.Node(id, info.Flow), stores, true
}

// failNotFound answers in the words that Node-RED has for an error without any.
func failNotFound(w http.ResponseWriter) { fail(w, http.StatusNotFound, "not_found", "Error") }

func shownValue(v flow.Value) *flow.Object {
	text, format := debugvalue.Encode(v)
	return flow.NewObject("msg", text, "format", format)
}

func keyList(keys []string) *flow.Object {
	list := flow.Array{}
	for _, key := range keys {
		list = append(list, flow.NewObject("key", key))
	}
	return flow.NewObject("keys", list)
}

// keysIn says what one could look into a value for.
func keysIn(v flow.Value) *flow.Object {
	switch v := v.(type) {
	case flow.Array:
		return flow.NewObject("format", fmt.Sprintf("array[%d]", len(v)))
	case *flow.Object:
		list := flow.Array{}
		for key, item := range v.All() {
			entry := flow.NewObject("key", key)
			switch item := item.(type) {
			case nil, bool, float64, string:
			case flow.Array:
				entry.Set("format", fmt.Sprintf("array[%d]", len(item)))
				entry.Set("length", float64(len(item)))
			default:
				entry.Set("format", "object")
			}
			list = append(list, entry)
		}
		return flow.NewObject("keys", list, "format", "object")
	}
	return flow.NewObject("keys", flow.Array{})
}
