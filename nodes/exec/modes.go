package exec

import (
	"errors"
	"regexp"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/charset"
	"github.com/flowrun/flowrun/internal/credit"
)

const (
	// maxOutput is how many bytes a command may print on each of its outputs if
	// they are sent at its end (Node-RED's execMaxBufferSize).
	maxOutput = 10_000_000
	// chunkCredits is how many pieces of a command's output may be on their way
	// through the flows.
	chunkCredits = 16
)

// exec runs a command line in a shell and sends what it printed when it has
// ended.
func (n *Node) exec(line string, msg *flow.Message, out flow.Outlet) error {
	p, err := start(shell(line), n.config.WinHide)
	if err != nil {
		return err
	}
	remove, done := n.add(p), out.Hold()
	n.work.Go(func() {
		var printed [2]output
		p.read(func(port int, data []byte) bool {
			ok := printed[port].add(data)
			if !ok {
				_ = p.signal("SIGTERM") // it may have ended by now
			}
			return ok
		})
		end := p.wait()
		n.env.Post(out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
			remove()
			if !n.stopped {
				n.finish(line, printed, end, msg, out)
			}
			done(nil)
			return nil
		}))
	})
	return nil
}

// output is what a command printed on one of its outputs.
type output struct {
	data []byte
	full bool // there was more of it than may be
}

// add tells whether all of the data fit.
func (o *output) add(data []byte) bool {
	room := maxOutput - len(o.data)
	o.full = len(data) > room
	o.data = append(o.data, data[:min(len(data), room)]...)
	return !o.full
}

// finish sends what an ended command has left.
func (n *Node) finish(line string, printed [2]output, end ending, msg *flow.Message, out flow.Outlet) {
	rc := flow.NewObject("code", 0.0)
	failed := true
	switch {
	case printed[0].full:
		rc = tooMuch("stdout")
	case printed[1].full:
		rc = tooMuch("stderr")
	case end.failed():
		rc = flow.NewObject("code", end.code(), "message", "Command failed: "+line+"\n"+flow.DecodeUTF8(printed[1].data))
		if end.signal != "" {
			rc.Set("signal", end.signal)
		}
	default:
		failed = false
	}
	n.env.Status(exitBadge(failed, rc.Get("code")))

	msg.Delete("payload")
	var errs, result *flow.Message
	if failed || !n.config.OldRC {
		result = msg.Clone()
		result.Set("payload", rc)
	}
	if len(printed[1].data) > 0 {
		errs = msg.Clone()
		errs.Set("payload", payload(printed[1].data))
	}
	msg.Set("payload", payload(printed[0].data))
	if result != nil {
		msg.Set("rc", rc)
		if errs != nil {
			errs.Set("rc", rc)
		}
	}
	out.SendAll([][]*flow.Message{{msg}, {errs}, {result}})
}

// tooMuch is how a command is said to have failed that printed too much.
func tooMuch(name string) *flow.Object {
	return flow.NewObject("code", "ERR_CHILD_PROCESS_STDIO_MAXBUFFER", "message", name+" maxBuffer length exceeded")
}

// exitBadge is the status after a command that was not spawned.
func exitBadge(failed bool, code flow.Value) *flow.Object {
	switch {
	case !failed:
		return &flow.Object{}
	case code == flow.Null{}:
		return flow.Badge("red", "dot", "killed")
	}
	return flow.Badge("red", "dot", "error:"+flow.Text(code))
}

// spawn runs a command and sends what it prints while it runs.
func (n *Node) spawn(line string, msg *flow.Message, out flow.Outlet) error {
	args := split(line)
	if len(args) == 0 {
		return errors.New("no command")
	}
	p, err := start(program(args), n.config.WinHide)
	if err != nil {
		n.ended(ending{number: startCode(err)}, msg, out)
		return nil
	}
	remove, done := n.add(p), out.Hold()
	n.work.Go(func() {
		credits := credit.NewPool(chunkCredits)
		templates := [2]*flow.Message{msg.Clone(), msg.Clone()} // each belongs to a goroutine
		p.read(func(port int, data []byte) bool {
			m := templates[port].Clone()
			m.Set("payload", payload(data))
			return n.sendChunk(credits, port, m)
		})
		end := p.wait()
		n.env.Post(out.Cause(), flow.TaskFunc(func(flow.Outlet) error {
			remove()
			if !n.stopped {
				n.ended(end, msg, out)
			}
			done(nil)
			return nil
		}))
	})
	return nil
}

// sendChunk sends a message when there is a credit for it. It is false if the
// node stops.
func (n *Node) sendChunk(credits *credit.Pool, port int, m *flow.Message) bool {
	cause, ok := credits.Take(n.ctx)
	if ok {
		n.env.Post(cause, flow.TaskFunc(func(out flow.Outlet) error {
			if !n.stopped {
				out.Send(port, m)
			}
			return nil
		}))
	}
	return ok
}

// ended tells how a command that was spawned has ended.
func (n *Node) ended(end ending, msg *flow.Message, out flow.Outlet) {
	code := end.code()
	if n.config.OldRC {
		msg.Set("payload", code)
	} else {
		rc := flow.NewObject("code", code)
		if end.signal != "" {
			rc.Set("signal", end.signal)
		}
		msg.Set("payload", rc)
	}
	switch {
	case end.signal != "":
		n.env.Status(flow.Badge("red", "dot", "killed"))
	case end.number < 0:
		n.env.Status(flow.Badge("red", "dot", "rc:"+flow.Text(code)))
	default:
		n.env.Status(flow.Badge("yellow", "dot", "rc:"+flow.Text(code)))
	}
	out.Send(2, msg)
}

// payload returns what a command printed: text, or a Buffer if it is none.
func payload(data []byte) flow.Value {
	if charset.IsText(data) {
		return string(data)
	}
	return flow.Buffer(data)
}

// words finds the arguments in a command line: they are separated by spaces
// that stand outside of double quotes. A quote without a partner is skipped.
var words = regexp.MustCompile(`(?:[^\s\p{Z}\x{FEFF}"]+|"[^"]*")+`)

// split splits a command line into arguments. The quotes around a whole
// argument are removed, those inside of one stay.
func split(line string) []string {
	args := words.FindAllString(line, -1)
	for i, arg := range args {
		if len(arg) > 1 && strings.HasPrefix(arg, `"`) && strings.HasSuffix(arg, `"`) {
			args[i] = arg[1 : len(arg)-1]
		}
	}
	return args
}
