package admin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/typedjson"
	"github.com/flowrun/flowrun/runtime"
)

// errUnknownOp says that there is no such tap command.
var errUnknownOp = errors.New("no such command")

// codeOf returns the error code of a command's error.
func codeOf(err error) string {
	switch {
	case errors.Is(err, runtime.ErrNoNode):
		return "not_found"
	case errors.Is(err, errUnknownOp):
		return "unknown_op"
	}
	return "unexpected_error"
}

// tapNodes lists the nodes that run.
func (h *handler) tapNodes(w http.ResponseWriter, _ *http.Request) {
	list := flow.Array{}
	for _, n := range h.Runtime.Nodes() {
		o := flow.NewObject("id", n.ID, "type", n.Type)
		if n.Alias != "" {
			o.Set("alias", n.Alias)
		}
		if n.Flow != "" {
			o.Set("z", n.Flow)
		}
		if n.Name != "" {
			o.Set("name", n.Name)
		}
		wires := make(flow.Array, len(n.Wires))
		for i, port := range n.Wires {
			ids := flow.Array{}
			for _, id := range port {
				ids = append(ids, id)
			}
			wires[i] = ids
		}
		o.Set("wires", wires)
		list = append(list, o)
	}
	answerJSON(w, list)
}

// tapCommand carries out a command of the tap and answers when it is done.
func (h *handler) tapCommand(w http.ResponseWriter, r *http.Request) {
	body, ok := readObject(w, r)
	if !ok {
		return
	}
	if body == nil {
		body = &flow.Object{}
	}
	done := make(chan error, 1)
	err := h.command(r.PathValue("op"), r.PathValue("id"), body, isTyped(r.URL.Query()), func(err error) { done <- err })
	if err == nil {
		select {
		case err = <-done:
		case <-r.Context().Done():
			return
		case <-h.ctx.Done():
			fail(w, http.StatusServiceUnavailable, "stopping", "flowrun is stopping")
			return
		}
	}
	if err != nil {
		status := http.StatusNotFound
		if codeOf(err) == "unexpected_error" {
			status = http.StatusBadRequest
		}
		fail(w, status, codeOf(err), err.Error())
		return
	}
	answerJSON(w, flow.NewObject("ok", true))
}

// command carries out a command of the tap on a node; done is called when that
// has been done or cannot be done any more, unless there is an error.
func (h *handler) command(op, id string, args *flow.Object, typed bool, done func(error)) error {
	decode, message := untyped, messageOf
	if typed {
		decode, message = typedjson.Decode, typedjson.Message
	}
	arg := func(key string) flow.Value { return decode(args.Get(key)) }
	rt := h.Runtime
	switch op {
	case "receive":
		msg := message(args.Get("msg"))
		if msg == nil {
			msg = flow.NewMessage()
		}
		if !flow.Truthy(args.Get("raw")) && !flow.Truthy(msg.Get(flow.MsgID)) {
			msg.Set(flow.MsgID, flow.NewID())
		}
		return rt.Receive(id, msg, done)
	case "send":
		return rt.Send(id, portsOf(args.Get("msg"), message), done)
	case "error":
		return rt.Report(id, flow.LevelError, arg("error"), message(args.Get("msg")), done)
	case "warn":
		return rt.Report(id, flow.LevelWarn, arg("text"), nil, done)
	case "log":
		return rt.Report(id, flow.LevelInfo, arg("text"), nil, done)
	case "status":
		return rt.ShowStatus(id, badgeOf(arg("status")), done)
	case "done":
		return rt.Complete(id, message(args.Get("msg")), errorOf(arg("error")), done)
	}
	return fmt.Errorf("%q: %w", op, errUnknownOp)
}

func untyped(v flow.Value) flow.Value { return v }

// messageOf makes a message of an object; nil of anything else.
func messageOf(v flow.Value) *flow.Message {
	o, ok := v.(*flow.Object)
	if !ok {
		return nil
	}
	return flow.MessageOf(o)
}

// portsOf reads what a node's send takes: a message, or for each port a message
// or a list of messages.
func portsOf(v flow.Value, message func(flow.Value) *flow.Message) [][]*flow.Message {
	ports, ok := v.(flow.Array)
	if !ok {
		ports = flow.Array{v}
	}
	list := make([][]*flow.Message, len(ports))
	for i, port := range ports {
		msgs, ok := port.(flow.Array)
		if !ok {
			msgs = flow.Array{port}
		}
		for _, m := range msgs {
			list[i] = append(list[i], message(m))
		}
	}
	return list
}

// badgeOf reads what a node's status takes: a badge, or just its text.
func badgeOf(v flow.Value) *flow.Object {
	switch v := v.(type) {
	case *flow.Object:
		return v
	case nil, flow.Null:
		return nil
	}
	return flow.NewObject("text", flow.Text(v))
}

func errorOf(v flow.Value) error {
	switch v := v.(type) {
	case nil, flow.Null:
		return nil
	case error:
		return v
	}
	return errors.New(flow.Text(v))
}
