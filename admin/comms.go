package admin

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin/auth"
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// The pace of comms, which is Node-RED's: frames of at most batchSize entries,
// batchPause after the first of them, and a heartbeat where nothing else is
// sent.
const (
	batchSize  = 50
	batchPause = 50 * time.Millisecond
	heartbeat  = 15 * time.Second
)

// Comms publishes to the clients of /comms, the websocket that Node-RED's editor
// listens on: node status, what debug nodes show, warnings and errors, deploys.
// A frame is an array of {topic, data}. All clients get all topics; to subscribe
// brings what is kept of a topic. The zero Comms is ready to use, and is safe
// for concurrent use.
type Comms struct {
	mu      sync.Mutex
	clients map[*commsClient]bool
	console func(topic string, data func() *flow.Object) // nil while no console is open
	deploy  *flow.Object                                 // data of the topic notification/runtime-deploy
}

// Publish sends what data returns on a topic. Nothing is done while there is no
// client.
func (c *Comms) Publish(topic string, data func() *flow.Object) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.console != nil {
		c.console(topic, data)
	}
	if len(c.clients) == 0 {
		return
	}
	text := entry(topic, data())
	for client := range c.clients {
		client.out.offer(func() []byte { return text })
	}
}

// showOn has a console told of all that is published; nil ends it.
func (c *Comms) showOn(console func(topic string, data func() *flow.Object)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.console = console
}

// deployed publishes the revision of flows that have been deployed.
func (c *Comms) deployed(revision string) {
	data := flow.NewObject("revision", revision)
	c.mu.Lock()
	c.deploy = data
	c.mu.Unlock()
	c.Publish(deployTopic, func() *flow.Object { return data })
}

const deployTopic = "notification/runtime-deploy"

func (c *Comms) add(client *commsClient) (remove func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clients == nil {
		c.clients = map[*commsClient]bool{}
	}
	c.clients[client] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.clients, client)
	}
}

func entry(topic string, data flow.Value) []byte {
	return flow.AppendJSON(nil, flow.NewObject("topic", topic, "data", data))
}

// commsClient is one client of /comms, and a [runtime.Chooser].
type commsClient struct {
	handler *handler
	conn    *websocket.Conn
	send    func(ctx context.Context, text []byte) error
	out     *outbox
}

// commsSocket serves one client of /comms. With authentication the client has
// to say who it is before it gets anything.
func (h *handler) commsSocket(w http.ResponseWriter, r *http.Request) {
	c := &commsClient{handler: h, out: newOutbox(nil)}
	open := h.Auth == nil
	var grant *auth.Grant
	if !open {
		grant = h.commsGrant(r)
	}
	known := open || grant != nil
	if known {
		// It listens before the client knows that it is connected, so the client
		// misses nothing of what it sets off then.
		defer c.join()()
	}
	h.serveSocket(w, r, func(ctx context.Context, conn *websocket.Conn) {
		c.conn, c.send = conn, func(ctx context.Context, text []byte) error {
			return conn.Write(ctx, websocket.MessageText, text)
		}
		var first *flow.Object
		if !known {
			if grant, first = c.introduce(ctx); grant == nil {
				return
			}
			defer c.join()()
		}
		ctx, cancel := context.WithCancel(ctx)
		if grant != nil {
			defer context.AfterFunc(grant.Ended(), func() {
				_ = c.send(ctx, []byte(authFail)) // the client is gone if this fails
				cancel()
			})()
		}
		var writing sync.WaitGroup
		defer writing.Wait()
		defer cancel()
		writing.Go(func() {
			defer cancel()
			c.write(ctx)
		})
		c.read(ctx, first)
	})
}

// join has the client get what is published and what the flows do, until leave
// is called.
func (c *commsClient) join() (leave func()) {
	remove, stop := c.handler.Comms.add(c), c.handler.Runtime.Listen(c)
	return func() {
		stop()
		remove()
	}
}

// read answers {auth} and {subscribe}; the first message may have been read
// already.
func (c *commsClient) read(ctx context.Context, first *flow.Object) {
	request := first
	if request == nil {
		request = c.receive(ctx)
	}
	for ; request != nil; request = c.receive(ctx) {
		if request.Get("auth") != nil {
			answer := authOK
			if c.handler.Auth != nil && c.grantFor(request) == nil {
				answer = authFail
			}
			if c.send(ctx, []byte(answer)) != nil || answer == authFail {
				return
			}
		}
		if topic, ok := request.Get("subscribe").(string); ok {
			c.sendKept(topic)
		}
	}
}

// sendKept sends what is kept of the topics that a pattern matches.
func (c *commsClient) sendKept(pattern string) {
	send := func(topic string, data *flow.Object) {
		if matchTopic(pattern, topic) {
			c.out.push(entry(topic, data))
		}
	}
	for _, n := range c.handler.Runtime.Status() {
		if n.Badge != nil && n.Badge.Len() > 0 {
			send("status/"+n.ID, badgeData(n.Badge))
		}
	}
	comms := c.handler.Comms
	comms.mu.Lock()
	deploy := comms.deploy
	comms.mu.Unlock()
	if deploy != nil {
		send(deployTopic, deploy)
	}
}

// matchTopic tells whether a topic matches a pattern in which + stands for one
// level and # at the end for any number.
func matchTopic(pattern, topic string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(topic, "/")
	for i, level := range want {
		switch {
		case level == "#":
			return true
		case i >= len(have) || level != "+" && level != have[i]:
			return false
		}
	}
	return len(want) == len(have)
}

// Wants implements [runtime.Chooser].
func (c *commsClient) Wants(s runtime.Subject) bool { return s.Kind == "status" || s.Kind == "log" }

// Frame implements [runtime.Listener].
func (c *commsClient) Frame(f runtime.Frame) {
	switch f.Kind {
	case "status":
		badge, _ := f.Body.Get("status").(*flow.Object)
		c.out.offer(func() []byte { return entry("status/"+f.Node.ID, badgeData(badge)) })
	case "log":
		log, _ := f.Body.Get("log").(*flow.Object)
		if level, _ := log.Get("level").(float64); level <= float64(flow.LevelWarn) {
			c.out.offer(func() []byte { return entry("debug", logData(log)) })
		}
	}
}

// badgeData is what the editor gets of a badge.
func badgeData(badge *flow.Object) *flow.Object {
	data := &flow.Object{}
	for _, key := range []string{"text", "fill", "shape"} {
		if v := badge.Get(key); v != nil {
			data.Set(key, v)
		}
	}
	return data
}

// logData is what the editor gets of a warning or an error.
func logData(log *flow.Object) *flow.Object {
	text := flow.Text(log.Get("msg"))
	data := log.Clone()
	data.Set("msg", text)
	data.Set("format", "string["+flow.Text(float64(flow.UTF16Len(text)))+"]")
	return data
}

// write sends what is in the outbox, in batches.
func (c *commsClient) write(ctx context.Context) {
	idle := time.NewTimer(heartbeat)
	defer idle.Stop()
	for {
		select {
		case <-c.out.ready:
		case now := <-idle.C:
			c.out.push(entry("hb", float64(now.UnixMilli())))
		case <-ctx.Done():
			return
		}
		if !pause(ctx) || !c.sendAll(ctx, c.out.take()) {
			return
		}
		idle.Reset(heartbeat)
	}
}

// sendAll sends entries; false if it cannot.
func (c *commsClient) sendAll(ctx context.Context, entries [][]byte) bool {
	for i, batch := range slices.Collect(slices.Chunk(entries, batchSize)) {
		if i > 0 && !pause(ctx) {
			return false
		}
		text := append([]byte{'['}, bytes.Join(batch, []byte{','})...)
		if c.send(ctx, append(text, ']')) != nil {
			return false
		}
	}
	return true
}

// pause waits for more entries; false if the context ends before.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(batchPause):
		return true
	case <-ctx.Done():
		return false
	}
}
