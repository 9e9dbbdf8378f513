package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typedjson"
	"github.com/flowrun/flowrun/runtime/state"
)

// The context of the flows, for a tap. Values are typed JSON, always.

// scopeOf returns the scope that a request is about; it answers and returns nil
// if there is none.
func (h *handler) scopeOf(w http.ResponseWriter, r *http.Request) *state.Scope {
	id := r.PathValue("id")
	switch path := strings.TrimPrefix(r.URL.Path, "/tap/context/"); {
	case path == "global":
		return h.Context.Global()
	case strings.HasPrefix(path, "flow/"):
		return h.Context.Flow(id)
	}
	info, err := h.Runtime.Info(id)
	if err != nil {
		failContext(w, http.StatusNotFound, err)
		return nil
	}
	return h.Context.Node(id, info.Flow)
}

// getContext answers with {value}: the value of ?key, the list of the values of
// ?multi (a JSON list of keys), or with ?keys the list of keys.
func (h *handler) getContext(w http.ResponseWriter, r *http.Request) {
	scope := h.scopeOf(w, r)
	if scope == nil {
		return
	}
	v, err := contextValue(scope, r.URL.Query())
	if err != nil {
		failContext(w, http.StatusBadRequest, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	b := typedjson.Append([]byte(`{"value":`), v)
	_, _ = w.Write(append(b, '}')) // the client is gone if this fails
}

func contextValue(scope *state.Scope, query url.Values) (flow.Value, error) {
	store := query.Get("store")
	switch {
	case query.Has("keys"):
		list := flow.Array{}
		for _, key := range scope.StoreKeys(store) {
			list = append(list, key)
		}
		return list, nil
	case query.Has("multi"):
		v, err := flow.ParseJSON([]byte(query.Get("multi")))
		list, ok := v.(flow.Array)
		if err != nil || !ok {
			return nil, errors.New("multi must be a JSON list of keys")
		}
		values, err := scope.GetAll(store, texts(list))
		return flow.Array(values), err
	}
	return scope.Get(state.JoinKey(store, query.Get("key")))
}

// putContext sets {key, value, store}; a list of keys goes with a list of
// values.
func (h *handler) putContext(w http.ResponseWriter, r *http.Request) {
	scope := h.scopeOf(w, r)
	if scope == nil {
		return
	}
	body, ok := readJSON(w, r)
	if !ok {
		return
	}
	o, ok := body.(*flow.Object)
	if !ok {
		failContext(w, http.StatusBadRequest, errors.New("the body must be a JSON object"))
		return
	}
	if err := setContext(scope, o); err != nil {
		failContext(w, http.StatusBadRequest, err)
		return
	}
	answerJSON(w, &flow.Object{})
}

func setContext(scope *state.Scope, o *flow.Object) error {
	store, _ := o.Get("store").(string)
	value := typedjson.Decode(o.Get("value"))
	keys, isList := o.Get("key").(flow.Array)
	if !isList {
		return scope.Set(state.JoinKey(store, flow.Text(o.Get("key"))), value)
	}
	values, isList := value.(flow.Array)
	if !isList {
		values = flow.Array{value}
	}
	return scope.SetAll(store, texts(keys), values)
}

func texts(list flow.Array) []string {
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = flow.Text(v)
	}
	return all
}

// deleteContext deletes ?key, or all keys of a store.
func (h *handler) deleteContext(w http.ResponseWriter, r *http.Request) {
	scope := h.scopeOf(w, r)
	if scope == nil {
		return
	}
	query := r.URL.Query()
	store := query.Get("store")
	keys := scope.StoreKeys(store)
	if query.Has("key") {
		keys = []string{query.Get("key")}
	}
	for _, key := range keys {
		if err := scope.Set(state.JoinKey(store, key), nil); err != nil {
			failContext(w, http.StatusBadRequest, err)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// failContext answers with {error, code}.
func failContext(w http.ResponseWriter, status int, err error) {
	body := flow.NewObject("error", err.Error())
	if errors.As(err, new(*flow.PathError)) {
		body.Set("code", "INVALID_EXPR")
	}
	failWith(w, status, body)
}
