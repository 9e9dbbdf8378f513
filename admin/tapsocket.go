package admin

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typedjson"
	"github.com/flowrun/flowrun/runtime"
)

// maxCommand bounds what a client of a websocket sends at once: a message for a
// node may hold a file.
const maxCommand = 32 << 20

// How much is made for a client of the tap before it is noticed that it does not
// read. Frames cost the flows time, so that is to be soon.
const (
	// tapQueue is how many bytes the system may queue: enough for some MB/s around
	// the world. Linux alone would queue ten times as many.
	tapQueue    = 128 << 10
	tapDoubtful = 512 << 10 // see outbox
)

// frameSize is the room for a frame in bytes; most fit in or double it once.
const frameSize = 512

// tapClient is a client that sees what happens and may give commands. It is a
// [runtime.Chooser] and a [runtime.Lagger].
type tapClient struct {
	handler *handler
	conn    *websocket.Conn
	filter  filter
	encode  func([]byte, flow.Value) []byte
	typed   bool // the client's values are typed JSON
	silent  bool // the client may give no commands
	out     *outbox
}

// tapSocket serves one tap until the client goes or the server stops.
func (h *handler) tapSocket(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	grant := grantOf(r)
	c := &tapClient{handler: h, filter: newFilter(query), encode: flow.AppendJSON, typed: isTyped(query),
		silent: grant != nil && !grant.Allows("tap.write")}
	if c.typed {
		c.encode = typedjson.Append
	}
	c.out = newOutbox(func(n int) []byte { return c.encode(nil, flow.NewObject("t", "lost", "n", float64(n))) })
	c.out.doubtful = tapDoubtful
	if h.Conformance != nil {
		c.out.limit, c.out.patience = conformanceOutbox, 0
	}
	h.serveSocket(shortQueue{w}, r, func(ctx context.Context, conn *websocket.Conn) {
		c.conn = conn
		if h.Conformance != nil {
			conn.SetReadLimit(conformanceFrame)
			c.out.limit = conformanceBacklog
		}
		c.push(flow.NewObject("t", "hello", "version", h.Version))
		defer h.Runtime.Listen(c)()
		var writing sync.WaitGroup
		defer writing.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		writing.Go(func() {
			defer cancel()
			c.out.writeTo(ctx, c.conn)
		})
		c.read(ctx)
	})
}

// serveSocket accepts a websocket and keeps it open until serve returns. The
// context ends when the server stops, or when what the client was granted does.
func (h *handler) serveSocket(w http.ResponseWriter, r *http.Request, serve func(context.Context, *websocket.Conn)) {
	h.sockets.Add(1)
	defer h.sockets.Done()
	// The guard has looked at the origin.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxCommand)
	ctx := h.ctx
	if grant := grantOf(r); grant != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(grant.Ended(), cancel)()
	}
	serve(ctx, conn)
}

// shortQueue has the system queue little for the client of a websocket. What may
// wait beyond that is for the [outbox] to say.
type shortQueue struct{ http.ResponseWriter }

// Hijack implements [http.Hijacker].
func (q shortQueue) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(q.ResponseWriter).Hijack()
	raw := conn
	if t, ok := conn.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if c, ok := raw.(interface{ SetWriteBuffer(bytes int) error }); ok {
		_ = c.SetWriteBuffer(tapQueue) // without it the socket works as well
	}
	return conn, buffers, err
}

// read carries out the client's commands in the order in which they come.
func (c *tapClient) read(ctx context.Context) {
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil {
			return
		}
		v, err := flow.ParseJSON(text)
		cmd, ok := v.(*flow.Object)
		if err != nil || !ok {
			c.refuse(nil, "invalid_json")
			continue
		}
		c.command(cmd)
	}
}

// command carries out one command and replies when it is done.
func (c *tapClient) command(cmd *flow.Object) {
	seq := cmd.Get("seq")
	op, _ := cmd.Get("op").(string)
	id, _ := cmd.Get("id").(string)
	if op == "ping" {
		c.confirm(seq)
		return
	}
	if c.silent {
		c.refuse(seq, "forbidden")
		return
	}
	answer := func(err error) {
		if err != nil {
			c.refuse(seq, codeOf(err))
			return
		}
		c.confirm(seq)
	}
	if err := c.handler.command(op, id, cmd, c.typed, answer); err != nil {
		answer(err)
	}
}

// confirm answers a command, if it has a seq.
func (c *tapClient) confirm(seq flow.Value) {
	if seq != nil {
		c.push(flow.NewObject("t", "reply", "seq", seq, "ok", true))
	}
}

// refuse answers a command that could not be carried out.
func (c *tapClient) refuse(seq flow.Value, code string) {
	reply := flow.NewObject("t", "reply")
	if seq != nil {
		reply.Set("seq", seq)
	}
	reply.Set("ok", false)
	reply.Set("error", code)
	c.push(reply)
}

func (c *tapClient) push(frame *flow.Object) { c.out.push(c.encode(nil, frame)) }

// Wants implements [runtime.Chooser].
func (c *tapClient) Wants(s runtime.Subject) bool { return c.filter.wants(s) }

// Gap implements [runtime.Lagger]: nothing is made for a client that is behind.
func (c *tapClient) Gap() *runtime.Gap { return &c.out.gap }

// Frame implements [runtime.Listener].
func (c *tapClient) Frame(f runtime.Frame) {
	c.out.offer(func() []byte { return c.encode(make([]byte, 0, frameSize), f.Body) })
}

// filter says which frames a client wants; an empty list stands for all.
type filter struct {
	nodes, flows, kinds []string
	all                 bool // there is no list
}

// newFilter reads ?node=, ?flow= and ?t=: each may stand several times, and may
// be a list with commas.
func newFilter(q url.Values) filter {
	list := func(key string) (all []string) {
		for _, item := range q[key] {
			all = append(all, strings.Split(item, ",")...)
		}
		return all
	}
	f := filter{nodes: list("node"), flows: list("flow"), kinds: list("t")}
	f.all = len(f.nodes)+len(f.flows)+len(f.kinds) == 0
	return f
}

func (f *filter) wants(s runtime.Subject) bool { return f.all || f.lists(s) }

func (f *filter) lists(s runtime.Subject) bool {
	has := func(list []string, s string) bool { return len(list) == 0 || slices.Contains(list, s) }
	return has(f.nodes, s.Node.ID) && has(f.kinds, s.Kind) && f.covers(s.Node.Path)
}

// covers tells whether a node stands in one of the flows: a tab, or a subflow
// instance at any depth.
func (f *filter) covers(path string) bool {
	if len(f.flows) == 0 {
		return true
	}
	ids := strings.Split(path, "/")
	return slices.ContainsFunc(ids[:len(ids)-1], func(id string) bool { return slices.Contains(f.flows, id) })
}

func isTyped(q url.Values) bool { return q.Get("enc") == "typed" }
