package state

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// DefaultStore is the name of the only store there is if none is configured.
const DefaultStore = "memory"

// flushInterval is how long a store in files waits after a change, for more of
// them, before it writes.
const flushInterval = 30 * time.Second

// Store describes one store.
type Store struct {
	Name string // letters, digits and _; not _ alone
	// Dir is the directory of a store in files, made if it is not there. Empty
	// is a store in memory.
	Dir string
	// FlushInterval is the time between the first change of a scope and its
	// writing; 0 is 30 s.
	FlushInterval time.Duration
}

// Options says which stores there are.
type Options struct {
	// Stores are the stores; the first is the default one. Without any there is
	// one in memory, and a node that is restarted loses its context. (So it is
	// in Node-RED without contextStorage in its settings.)
	Stores []Store
	Log    *slog.Logger // nil: no log
}

// Stores holds all scopes.
type Stores struct {
	names      []string // the first is the default
	configured bool
	log        *slog.Logger
	files      map[string]*files // the stores that have any, by name
	global     *Scope

	mu      sync.Mutex
	scopes  map[scopeID]*Scope
	unknown map[string]bool // names of stores that somebody asked for in vain
}

// New returns empty stores in memory, of the names given; the first is the
// default one. See [Options] for no names.
func New(names ...string) *Stores {
	s := &Stores{names: names, configured: len(names) > 0, log: slog.New(slog.DiscardHandler),
		files: map[string]*files{}, scopes: map[scopeID]*Scope{}, unknown: map[string]bool{}}
	if len(names) == 0 {
		s.names = []string{DefaultStore}
	}
	s.global = newScope(s, globalID)
	return s
}

var storeName = regexp.MustCompile(`^[a-zA-Z0-9_]+$`)

// Open opens stores and reads the files that they have. End them with
// [Stores.Close]. An error names the file or the store.
func Open(o Options) (*Stores, error) {
	var names []string
	for _, store := range o.Stores {
		if !storeName.MatchString(store.Name) || store.Name == "_" {
			return nil, fmt.Errorf("invalid context store name %q", store.Name)
		}
		if slices.Contains(names, store.Name) {
			return nil, fmt.Errorf("there are two context stores %q", store.Name)
		}
		names = append(names, store.Name)
	}
	s := New(names...)
	if o.Log != nil {
		s.log = o.Log
	}
	for _, store := range o.Stores {
		if store.Dir == "" {
			continue
		}
		f := newFiles(store, s.log)
		if err := f.load(s.scope); err != nil {
			return nil, fmt.Errorf("opening context store %q: %w", store.Name, err)
		}
		s.files[store.Name] = f
	}
	for _, f := range s.files {
		f.start()
	}
	return s, nil
}

// Close writes what is not in files yet. After it nothing is written any more.
func (s *Stores) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.close())
	}
	return errors.Join(errs...)
}

// Names returns the names of the stores; the first is the default one.
func (s *Stores) Names() []string { return slices.Clone(s.names) }

// Global returns the scope that all nodes share.
func (s *Stores) Global() *Scope { return s.global }

// Flow returns the scope of a tab or a subflow instance. Around it are the flows
// given, from the inside out; a key reaches them by $parent.
func (s *Stores) Flow(id string, around ...string) *Scope {
	inner := s.scope(scopeID{flow: id})
	for c, i := inner, 0; i < len(around); i++ {
		outer := s.scope(scopeID{flow: around[i]})
		c.parent.Store(outer)
		c = outer
	}
	return inner
}

// FlowOf returns the scope of the flow in which a node stands, with the flows
// around it; nil outside of all.
func (s *Stores) FlowOf(env flow.Env) *Scope {
	switch {
	case env.Flow == "":
		return nil
	case len(env.Flows) > 1:
		return s.Flow(env.Flow, env.Flows[1:]...)
	}
	return s.Flow(env.Flow)
}

// Node returns the scope of one node. The flow is the id of the tab or subflow
// instance in which the node stands, "" outside of all. Inside an instance the
// node's own id and the one that it has in the template mean the same scope.
func (s *Stores) Node(id, flow string) *Scope { return s.scope(nodeScope(id, flow)) }

func (s *Stores) scope(id scopeID) *Scope {
	if id == globalID {
		return s.global
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.scopes[id]
	if !ok {
		c = newScope(s, id)
		s.scopes[id] = c
	}
	return c
}

// DeleteNode empties the scope of a node that was stopped, unless stores are
// configured: those outlive the node. The scope itself stays, because the
// node's next instance may have it already.
func (s *Stores) DeleteNode(id, flow string) {
	if s.configured {
		return
	}
	s.mu.Lock()
	c := s.scopes[nodeScope(id, flow)]
	s.mu.Unlock()
	if c != nil {
		c.clear()
	}
}

// Clean forgets the scopes of nodes and flows that keep does not know, and
// deletes their files; a flow takes its nodes with it. A node inside a subflow
// instance is asked for by its id in the template and by its own.
func (s *Stores) Clean(keep func(nodeOrFlowID string) bool) {
	s.mu.Lock()
	var gone []*Scope
	for id, c := range s.scopes {
		if !id.known(keep) {
			delete(s.scopes, id)
			gone = append(gone, c)
		}
	}
	s.mu.Unlock()
	for _, c := range gone {
		c.gone.Store(true)
		for _, f := range s.files {
			f.remove(c)
		}
	}
}

// Clear empties all scopes of all stores.
func (s *Stores) Clear() {
	s.mu.Lock()
	all := []*Scope{s.global}
	for _, c := range s.scopes {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.clear()
	}
}

// store returns the name of the store to use: the one named if it exists, else
// the default one.
func (s *Stores) store(name string) string {
	if slices.Contains(s.names, name) {
		return name
	}
	switch name {
	case "", "_", "default":
		return s.names[0]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.unknown[name] {
		s.unknown[name] = true
		s.log.Warn("there is no such context store, the default one is used instead", "store", name, "default", s.names[0])
	}
	return s.names[0]
}

// SplitKey takes a key of the form #:(store)::key apart (Node-RED's
// parseContextStore). The store is "" if the key names none.
func SplitKey(key string) (store, rest string) {
	inner, ok := strings.CutPrefix(key, "#:(")
	if !ok {
		return "", key
	}
	store, rest, ok = strings.Cut(inner, ")::")
	if !ok {
		return "", key
	}
	return store, rest
}

// JoinKey is the opposite of [SplitKey].
func JoinKey(store, key string) string {
	if store == "" {
		return key
	}
	return "#:(" + store + ")::" + key
}
