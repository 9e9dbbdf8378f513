package filein

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/files"
	"golang.org/x/text/transform"
)

// chunkSize is how much of a file is read at once. It is what Node.js reads,
// and the size of the chunks that the format stream sends.
const chunkSize = 64 * 1024

// reading is one file being read for a message. All but its tasks runs in the
// node's queue.
type reading struct {
	node  *Node
	path  string
	msg   *flow.Message
	out   flow.Outlet
	done  func(error) // belongs to the loop
	count int         // messages sent so far
}

// run reads the file and sends what is in it.
func (r *reading) run() {
	if r.node.ctx.Err() != nil {
		r.finish(nil)
		return
	}
	f, err := os.Open(r.path)
	if err != nil {
		r.fail("open", err, r.path)
		return
	}
	unstop := context.AfterFunc(r.node.ctx, func() { _ = f.Close() }) // makes a read fail
	switch r.node.config.Format {
	case "lines":
		err = r.lines(f)
	case "stream":
		err = r.stream(f)
	default:
		err = r.whole(f)
	}
	if unstop() {
		_ = f.Close() // nothing was written
	}
	switch {
	case r.node.ctx.Err() != nil && err != nil:
		r.finish(nil)
	case err != nil:
		r.fail("read", err, "")
	}
}

// whole sends all of the file in the message that asked for it.
func (r *reading) whole(in io.Reader) error {
	data, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var payload flow.Value = flow.Buffer(data)
	if r.node.config.Format == "utf8" {
		payload = flow.DecodeUTF8(data)
		if enc := r.node.encoding; enc != nil {
			if payload, err = enc.NewDecoder().String(string(data)); err != nil {
				return err
			}
		}
	}
	r.msg.Set("payload", payload)
	r.finish([]*flow.Message{r.msg})
	return nil
}

// lines sends a message for each line, those of about a chunk at once.
func (r *reading) lines(in io.Reader) error {
	if enc := r.node.encoding; enc != nil {
		in = transform.NewReader(in, enc.NewDecoder())
	}
	text := bufio.NewReaderSize(in, chunkSize)
	var batch []*flow.Message
	size := 0
	for {
		line, err := text.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		whole := strings.TrimSuffix(line, "\n")
		last := err != nil
		batch = append(batch, r.part(flow.DecodeUTF8([]byte(whole)), "\n", "string", last))
		if last {
			r.finish(batch)
			return nil
		}
		if size += len(line); size >= chunkSize {
			if err := r.send(batch); err != nil {
				return err
			}
			batch, size = nil, 0
		}
	}
}

// stream sends a message for each chunk. One that is shorter than the others is
// taken for the last, as in Node-RED; there is none if the file is empty.
func (r *reading) stream(in io.Reader) error {
	ended := true
	for {
		chunk := make([]byte, chunkSize)
		n, err := in.Read(chunk)
		if n > 0 {
			ended = n < chunkSize
			m := r.part(flow.Buffer(chunk[:n:n]), "", "buffer", ended)
			if err := r.send([]*flow.Message{m}); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF) && ended:
			r.finish(nil)
			return nil
		case errors.Is(err, io.EOF):
			r.finish([]*flow.Message{r.end()})
			return nil
		case err != nil:
			return err
		}
	}
}

// end returns the message that ends a stream of full chunks.
func (r *reading) end() *flow.Message {
	m := flow.NewMessage()
	m.Set("parts", flow.NewObject("index", float64(r.count), "count", float64(r.count),
		"ch", "", "type", "buffer", "id", r.msg.Get(flow.MsgID)))
	return m
}

// part returns the message for a line or a chunk.
func (r *reading) part(payload flow.Value, ch, typ string, last bool) *flow.Message {
	var m *flow.Message
	if r.node.config.AllProps {
		m = r.msg.Clone()
	} else {
		m = flow.NewMessage()
		m.Set("topic", r.msg.Get("topic"))
		m.Set("filename", r.msg.Get("filename"))
	}
	parts := flow.NewObject("index", float64(r.count), "ch", ch, "type", typ, "id", r.msg.Get(flow.MsgID))
	r.count++
	if last {
		parts.Set("count", float64(r.count))
	}
	m.Set("payload", payload)
	m.Set("parts", parts)
	return m
}

// send sends messages when there is a credit for them.
func (r *reading) send(list []*flow.Message) error {
	cause, ok := r.node.credits.Take(r.node.ctx)
	if !ok {
		return r.node.ctx.Err()
	}
	r.node.env.Post(cause, flow.TaskFunc(func(out flow.Outlet) error {
		for _, m := range list {
			out.Send(0, m)
		}
		return nil
	}))
	return nil
}

// finish sends the last messages and completes the one that asked for them.
func (r *reading) finish(list []*flow.Message) {
	r.node.env.Post(r.out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
		for _, m := range list {
			r.out.Send(0, m)
		}
		r.done(nil)
		return nil
	}))
}

func (r *reading) fail(op string, err error, path string) {
	err = files.Explain(op, err, path)
	r.node.env.Post(r.out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
		if r.node.config.SendError {
			m := r.msg.Clone()
			m.Delete("payload")
			m.Set("error", err)
			r.out.Send(0, m)
		}
		r.done(err)
		return nil
	}))
}
