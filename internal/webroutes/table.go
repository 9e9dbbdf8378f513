package webroutes

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// Upgrade is the method of routes for requests that upgrade their connection.
// There can be one such route a path, which is no pattern: only the very same path
// matches, as in Node-RED.
const Upgrade = "UPGRADE"

// Route is what a node serves.
type Route struct {
	Method string // in upper case, or [Upgrade]
	Path   string // a pattern, below the table's root; a slash in front is added
	Serve  func(w http.ResponseWriter, r *http.Request, m Match)
}

// Match is how a request met its route.
type Match struct {
	Root   string       // the first part of the path, which is the table's root: "" or /api
	Path   string       // the rest of it, as in the request
	Query  string       // what comes after its question mark
	Params *flow.Object // what the pattern's parameters stand for; nil if it has none
	Route  *flow.Object // {path} of the pattern; all requests share it
}

// Options says how a table serves.
type Options struct {
	// Root is the path below which all routes are (Node-RED's httpNodeRoot).
	Root string
	// MaxBody is how many bytes the body of a request may have; 0 is
	// [DefaultMaxBody].
	MaxBody int64
	// Timeout is how long a request may wait for the answer of a flow; 0 is for
	// ever.
	Timeout time.Duration
	// Origins are the sites whose pages may use the routes, such as
	// https://example.com; "*" is all.
	Origins []string
	// Auth says who may use the routes and see the files; nil lets everybody.
	Auth *BasicAuth
	// Reserved tells which requests the server answers itself, and never gives to the
	// table; nil for none.
	Reserved func(method, path string) bool
	// Static are directories of files to serve where there is no route.
	Static []*Static
}

// DefaultMaxBody is Node-RED's apiMaxLength.
const DefaultMaxBody = 5 << 20

// Table holds the routes of nodes. It is safe for concurrent use.
type Table struct {
	options Options
	mu      sync.Mutex // of changes
	routes  atomic.Pointer[[]*entry]

	draining atomic.Bool
}

// entry is a route in the table, and whose it is.
type entry struct {
	Route
	owner   string
	pattern *pattern
	shown   *flow.Object  // Match.Route
	paused  chan struct{} // closed when the entry has been replaced; nil if it serves
}

// New returns a table without routes.
func New(o Options) *Table {
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Root = strings.TrimSuffix(path.Clean("/"+o.Root), "/"); o.Root == "/" {
		o.Root = ""
	}
	t := &Table{options: o}
	t.routes.Store(&[]*entry{})
	return t
}

// MaxBody is how many bytes the body of a request may have.
func (t *Table) MaxBody() int64 { return t.options.MaxBody }

// Timeout is how long a request may wait for its answer; 0 is for ever.
func (t *Table) Timeout() time.Duration { return t.options.Timeout }

// IsReserved tells whether no request for a route comes to the table, since the server
// takes it itself. It does not know of routes that are more than names in segments.
func (t *Table) IsReserved(method, path string) bool {
	if t.options.Reserved == nil {
		return false
	}
	p, err := compile(rooted(path))
	return err == nil && p.re == nil && t.options.Reserved(method, t.options.Root+p.example())
}

// Handle adds the route of a node, after all others. It takes the place of the
// one that the node had before. A path that is no pattern is an error, and so is
// a second [Upgrade] route for a path: then the node has none. Of other routes that
// match the same requests the first one gets them.
func (t *Table) Handle(owner string, r Route) error {
	r.Path = rooted(r.Path)
	t.mu.Lock()
	defer t.mu.Unlock()
	routes, old := t.without(owner)
	p, err := patternOf(r, routes)
	if err == nil {
		routes = append(routes, &entry{Route: r, owner: owner, pattern: p, shown: flow.NewObject("path", r.Path)})
	}
	t.replace(routes, old)
	return err
}

// patternOf returns the pattern of a route that is added to others.
func patternOf(r Route, others []*entry) (*pattern, error) {
	if r.Method != Upgrade {
		return compile(r.Path)
	}
	p := &pattern{exact: r.Path}
	for _, e := range others {
		if e.Method == Upgrade && e.pattern.exact == p.exact {
			return nil, fmt.Errorf("the path %s is taken by node %s", r.Path, e.owner)
		}
	}
	return p, nil
}

// Pause has the requests for a node's route wait until its next instance adds it
// again, or it is released: the node takes in no more.
func (t *Table) Pause(owner string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	routes := slices.Clone(*t.routes.Load())
	for i, e := range routes {
		if e.owner == owner && e.paused == nil {
			paused := *e
			paused.paused = make(chan struct{})
			routes[i] = &paused
		}
	}
	t.routes.Store(&routes)
}

// Drain has all that comes in be answered 503, since flowrun is at its end. What is
// under way goes on.
func (t *Table) Drain() { t.draining.Store(true) }

// IsDraining tells whether [Table.Drain] was called.
func (t *Table) IsDraining() bool { return t.draining.Load() }

// Release takes the route of a node out of the table, if it has one. If the node
// is only [flow.Restarted] the route is paused: its next instance will add it
// again.
func (t *Table) Release(owner string, reason flow.StopReason) {
	if reason == flow.Restarted {
		t.Pause(owner)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.replace(t.without(owner))
}

// without returns a copy of the routes without that of a node, and that one, or
// nil.
func (t *Table) without(owner string) (routes []*entry, old *entry) {
	routes = slices.DeleteFunc(slices.Clone(*t.routes.Load()), func(e *entry) bool {
		if e.owner != owner {
			return false
		}
		old = e
		return true
	})
	return routes, old
}

// replace stores the routes; what waits for the old one's next instance goes on.
func (t *Table) replace(routes []*entry, old *entry) {
	t.routes.Store(&routes)
	if old != nil && old.paused != nil {
		close(old.paused)
	}
}

// patience is how long a request waits for a node that is being replaced.
const patience = 10 * time.Second

// await waits until a paused route may serve again, and serves the request then. So
// it does for a client that has hung up: that may be its half of the connection only.
func (t *Table) await(w http.ResponseWriter, r *http.Request, e *entry) {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-e.paused:
		t.ServeHTTP(w, r)
	case <-limit.C:
		Unavailable(w)
	}
}

// Unavailable answers that the flow that would is being replaced: the client may
// ask again at once.
func Unavailable(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
}
