package state

import (
	"strings"
	"sync"
)

// DefaultStore is the name of the store that keys without a store mean, unless
// [New] was given names.
const DefaultStore = "default"

// Stores holds all scopes.
type Stores struct {
	names  []string // the first is the default
	global *Scope

	mu    sync.Mutex
	flows map[string]*Scope
	nodes map[nodeKey]*Scope
}

type nodeKey struct{ id, flow string }

// New returns empty stores in memory. Keys may name the stores given; the first
// is the default one. Without names there is one store, [DefaultStore].
func New(names ...string) *Stores {
	if len(names) == 0 {
		names = []string{DefaultStore}
	}
	s := &Stores{names: names, flows: map[string]*Scope{}, nodes: map[nodeKey]*Scope{}}
	s.global = newScope(s)
	return s
}

// Global returns the scope that all nodes share.
func (s *Stores) Global() *Scope { return s.global }

// Flow returns the scope of a tab or a subflow instance.
func (s *Stores) Flow(id string) *Scope { return scopeOf(s, s.flows, id) }

// Node returns the scope of one node. The flow is the id of the tab or subflow
// instance in which the node stands, "" outside of all.
func (s *Stores) Node(id, flow string) *Scope { return scopeOf(s, s.nodes, nodeKey{id, flow}) }

func scopeOf[K comparable](s *Stores, scopes map[K]*Scope, key K) *Scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := scopes[key]
	if !ok {
		c = newScope(s)
		scopes[key] = c
	}
	return c
}

// DeleteNode empties the scope of a node. The scope itself stays, because the
// node's next instance may have it already.
func (s *Stores) DeleteNode(id, flow string) {
	s.mu.Lock()
	c := s.nodes[nodeKey{id, flow}]
	s.mu.Unlock()
	if c != nil {
		c.clear()
	}
}

// Clean forgets the scopes of nodes and flows that keep does not know. A node
// inside a subflow instance is asked for by its own id.
func (s *Stores) Clean(keep func(nodeOrFlowID string) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.flows {
		if !keep(id) {
			delete(s.flows, id)
		}
	}
	for key := range s.nodes {
		if !keep(key.id) {
			delete(s.nodes, key)
		}
	}
}

// store returns the name of the store to use: the one named if it exists, else
// the default one.
func (s *Stores) store(name string) string {
	for _, n := range s.names {
		if n == name {
			return n
		}
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
