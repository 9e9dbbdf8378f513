// Package filein is the node type "file in": it reads files.
package filein

import (
	"context"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/credit"
	"github.com/flowrun/flowrun/internal/files"
	"github.com/flowrun/flowrun/internal/serial"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
	"golang.org/x/text/encoding"
)

// Config is the node's configuration.
type Config struct {
	Filename     flow.Value `json:"filename" doc:"the file; a relative name begins at fileWorkingDirectory"`
	FilenameType string     `json:"filenameType" doc:"type of filename: str, msg, env or jsonata; empty is str, or msg.filename if filename is empty too"`
	Format       string     `json:"format" doc:"utf8: all of it as text; empty: all of it as a Buffer; lines: a message for each line; stream: a message for each 64 KiB"`
	Chunk        bool       `json:"chunk" doc:"without effect: the format says it"`
	SendError    bool       `json:"sendError" doc:"after an error also send the message, without payload and with error, as old versions did"`
	Encoding     string     `json:"encoding" doc:"encoding of text: none (UTF-8), or a name such as latin1 or Shift_JIS"`
	AllProps     bool       `json:"allProps" doc:"the messages for lines and chunks have all properties of the one that came in, not only its topic"`
}

// Type returns the node type.
func Type(stores *state.Stores, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "file in", Category: "storage", Inputs: 1, Outputs: 1,
		Summary: "Reads a file: as a whole, line by line or in chunks.",
		OutputDocs: []string{
			"the message with payload and filename; or for lines and chunks messages with payload, topic, filename and parts {index, ch, type, id, and count in the last}",
		},
		Notes: "Files are read one after the other. While four chunks are on their way through the flows no more is read. " +
			"A line may be empty, as the one after the last line end is. A file whose size is a multiple of 64 KiB ends with a message without payload.",
		Differences: []string{"Files are read one after the other, in the order of their messages."},
		// The editor unticks sendError; flows from before it was there mean it.
		Default: func() Config { return Config{SendError: true, Encoding: "none"} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores}, live)
		},
	})
}

// chunkCredits is how many pieces of a file may be on their way through the
// flows.
const chunkCredits = 4

// Node is a file in node.
type Node struct {
	config   Config
	env      flow.Env
	name     files.Name
	encoding encoding.Encoding // nil: UTF-8
	credits  *credit.Pool
	queue    serial.Queue
	ctx      context.Context
	cancel   context.CancelFunc
}

// New makes a node. A bad filename or encoding is a *flow.ConfigError.
func New(c Config, place typed.Place, live *settings.Live) (flow.Node, error) {
	switch c.Format {
	case "", "utf8", "lines", "stream":
	default:
		return nil, &flow.ConfigError{Property: "format", Reason: "expected utf8, lines, stream or nothing, got " + c.Format}
	}
	name, err := files.CompileName(place, c.Filename, c.FilenameType, live)
	if err != nil {
		return nil, err
	}
	enc, err := files.LookupEncoding(c.Encoding)
	if err != nil {
		return nil, err
	}
	n := &Node{config: c, env: place.Env, name: name, encoding: enc, credits: credit.NewPool(chunkCredits)}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	return n, nil
}

// Handle queues the reading of a file.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	name, err := n.name.Of(msg)
	if err != nil {
		return err
	}
	name = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(name)
	if name == "" {
		n.env.Warn(n.env.Text("file.errors.nofilename", "No filename specified"))
		return nil
	}
	msg.Set("filename", name)
	r := &reading{node: n, path: n.name.Resolve(name), msg: msg, out: out}
	r.done = out.Hold()
	n.queue.Add(r.run)
	return nil
}

// Stop ends what is being read.
func (n *Node) Stop(ctx context.Context, _ flow.StopReason) error {
	n.cancel()
	return n.queue.Wait(ctx)
}
