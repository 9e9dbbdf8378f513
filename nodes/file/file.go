// Package file is the node type file: it writes to files and deletes them.
package file

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/files"
	"github.com/flowrun/flowrun/internal/serial"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/typed"
	"github.com/flowrun/flowrun/runtime/state"
	"golang.org/x/text/encoding"
)

// Config is the node's configuration.
type Config struct {
	Filename      flow.Value `json:"filename" doc:"the file; a relative name begins at fileWorkingDirectory"`
	FilenameType  string     `json:"filenameType" doc:"type of filename: str, msg, env or jsonata; empty is str, or msg.filename if filename is empty too"`
	AppendNewline bool       `json:"appendNewline" doc:"add a line end to what is no Buffer and not the last of a sequence of text"`
	CreateDir     bool       `json:"createDir" doc:"make the directory if it is not there"`
	OverwriteFile string     `json:"overwriteFile" doc:"false: append; true: replace the file; delete: delete it"`
	Encoding      string     `json:"encoding" doc:"encoding of text: none (UTF-8), a name such as latin1 or Shift_JIS, or setbymsg, which takes msg.encoding"`
}

// setByMessage is the encoding of a node whose messages say it.
const setByMessage = "setbymsg"

// Type returns the node type.
func Type(stores *state.Stores, live *settings.Live) flow.Type {
	return flow.Define(flow.Spec[Config]{
		Name: "file", Category: "storage", Inputs: 1, Outputs: 1,
		Summary:    "Writes payloads to a file, or deletes it.",
		OutputDocs: []string{"the message, with the filename as it was set, after it is written"},
		InputDocs: []flow.Doc{
			{Name: "payload", Text: "what to write; objects and lists become JSON; a message without it is dropped"},
			{Name: "encoding", Text: "if the encoding is setbymsg"},
			{Name: "parts", Text: "the last part of a sequence of type string gets no newline"},
		},
		Notes: "Messages are written one after the other. Those that wait hold the credit of their source, so a disk that is slower " +
			"than the source slows the source down. A file with a fixed name stays open between appends; it is opened anew if somebody " +
			"deleted or replaced it. When the node stops, what waits is still written.",
		Differences: []string{"A message that could not be written does not complete."},
		Default:     func() Config { return Config{AppendNewline: true, OverwriteFile: "false", Encoding: "none"} },
		New: func(c Config, env flow.Env) (flow.Node, error) {
			return New(c, typed.Place{Env: env, Stores: stores}, live)
		},
	})
}

// Node is a file node.
type Node struct {
	config   Config
	env      flow.Env
	name     files.Name
	encoding encoding.Encoding // nil: UTF-8, or set by the message
	queue    serial.Queue
	appender appender // belongs to the queue's jobs
}

// New makes a node. A bad filename or encoding is a *flow.ConfigError.
func New(c Config, place typed.Place, live *settings.Live) (flow.Node, error) {
	n := &Node{config: c, env: place.Env}
	switch c.OverwriteFile {
	case "true", "false", "delete":
	default:
		return nil, &flow.ConfigError{Property: "overwriteFile", Reason: "expected false, true or delete, got " + c.OverwriteFile}
	}
	var err error
	if n.name, err = files.CompileName(place, c.Filename, c.FilenameType, live); err != nil {
		return nil, err
	}
	if c.Encoding != setByMessage {
		n.encoding, err = files.LookupEncoding(c.Encoding)
	}
	return n, err
}

// Handle queues the work. The message goes on when it is done.
func (n *Node) Handle(msg *flow.Message, out flow.Outlet) error {
	name, err := n.name.Of(msg)
	if err != nil {
		return err
	}
	msg.Set("filename", name)
	if name == "" {
		n.env.Warn(n.env.Text("file.errors.nofilename", "No filename specified"))
		return nil
	}
	path := n.name.Resolve(name)
	if n.config.OverwriteFile == "delete" {
		n.run(msg, out, func() error { return n.delete(path) })
		return nil
	}
	payload := msg.Get("payload")
	if payload == nil {
		return nil
	}
	enc := n.encoding
	if n.config.Encoding == setByMessage {
		if enc, err = encodingOf(msg); err != nil {
			return err
		}
	}
	newline := n.config.AppendNewline && !isLastPart(msg)
	n.run(msg, out, func() error {
		data, err := encode(payload, newline, enc)
		if err != nil {
			return err
		}
		return n.write(path, data)
	})
	return nil
}

// run does work for a message when the messages before have had their turn.
func (n *Node) run(msg *flow.Message, out flow.Outlet, work func() error) {
	done := out.Hold()
	n.queue.Add(func() {
		err := work()
		n.env.Post(out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
			if err == nil {
				out.Send(0, msg)
			}
			done(err)
			return nil
		}))
	})
}

func (n *Node) delete(path string) error {
	if err := remove(path); err != nil {
		return n.failure("deletefail", "failed to delete file", err)
	}
	return nil
}

func (n *Node) write(path string, data []byte) error {
	if n.config.CreateDir {
		if err := makeDir(filepath.Dir(path)); err != nil {
			return n.failure("createfail", "failed to create file", err)
		}
	}
	if n.config.OverwriteFile == "true" {
		if err := overwrite(path, data); err != nil {
			return n.failure("writefail", "failed to write to file", err)
		}
		return nil
	}
	if err := n.appender.write(path, data, n.name.Fixed); err != nil {
		return n.failure("appendfail", "failed to append to file", err)
	}
	return nil
}

func (n *Node) failure(key, text string, err error) error {
	return errors.New(n.env.Text("file.errors."+key, text+": %s", err))
}

// Stop writes what waits and closes the file.
func (n *Node) Stop(ctx context.Context, _ flow.StopReason) error {
	if err := n.queue.Wait(ctx); err != nil {
		return err
	}
	return n.appender.close()
}
