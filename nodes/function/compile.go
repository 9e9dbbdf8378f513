package function

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/js"
)

// code is a node's compiled scripts and what was learnt from their text.
type code struct {
	body, initialize, finalize *goja.Program // nil where the text is empty
	usesNode                   bool          // node occurs in the body
	callsDone                  bool          // the body calls node.done itself
	plainMessage               bool          // the scripts may do to msg what a js.Message cannot have done
	keepsMessage, keepsRequest bool          // the body may use msg, or msg.req, when it has returned
	interrupt                  interrupter
}

// compile compiles the scripts. The errors are worded as Node-RED's.
func compile(cfg Config, env flow.Env) (*code, error) {
	for _, lib := range cfg.Libs {
		if lib.Var == "" || lib.Module == "" {
			continue
		}
		if _, err := js.New().Module(lib.Module); err != nil {
			return nil, err
		}
	}
	c := &code{usesNode: nodeWord.MatchString(cfg.Func)}
	c.callsDone = c.usesNode && callsDone.MatchString(withoutComments(cfg.Func))
	c.plainMessage = plainWord.MatchString(cfg.Func + cfg.Initialize)
	file := "Function node:" + env.ID
	if env.Name != "" {
		file += " [" + env.Name + "]"
	}
	scripts := []struct {
		part, text, file string
		into             **goja.Program
	}{
		{"body", cfg.Func, file, &c.body},
		{"setup", cfg.Initialize, file + " setup", &c.initialize},
		{"cleanup", cfg.Finalize, file + " cleanup", &c.finalize},
	}
	for _, s := range scripts {
		if strings.TrimSpace(s.text) == "" && s.part != "body" {
			continue
		}
		tree, err := goja.Parse(s.file, wrap(s.text))
		if err != nil {
			return nil, syntaxError(err, s.part)
		}
		if *s.into, err = goja.CompileAST(tree, false); err != nil {
			return nil, syntaxError(err, s.part)
		}
		if s.part == "body" {
			c.keepsMessage, c.keepsRequest = mayKeep(tree)
			c.keepsMessage = c.keepsMessage || c.plainMessage
		}
	}
	return c, nil
}

// reserved are the names that a module's variable cannot have.
var reserved = []string{"msg", "node", "context", "flow", "global", "env", "RED", "console", "util", "promisify",
	"Buffer", "URL", "URLSearchParams", "Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"}

var (
	nodeWord  = regexp.MustCompile(`\bnode\b`)
	awaitWord = regexp.MustCompile(`\bawait\b`)
	callsDone = regexp.MustCompile(`\bnode\s*\.\s*done\s*\(`)
	plainWord = regexp.MustCompile(`freeze|seal|preventExtensions|defineProp|Symbol`)
	comments  = regexp.MustCompile("(?s)\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])*'|`(?:\\\\.|[^`\\\\])*`|//[^\n]*|/\\*.*?\\*/")
)

// withoutComments returns the text with its comments and the content of its
// quotes cut.
func withoutComments(text string) string { return comments.ReplaceAllString(text, "''") }

// wrap makes an expression of a script that is a function's body. The text
// starts on the second line, as in Node-RED, whose line numbers count from
// there. Without an await there is no need for a promise.
func wrap(text string) string {
	async := ""
	if awaitWord.MatchString(text) {
		async = "async "
	}
	return "(" + async + "function(msg,node,__send__,__done__){\n" + text + "\n})"
}

var (
	parserPlace   = regexp.MustCompile(`^(?s:.*?): Line (\d+):\d+ (.*?)(?: \(and \d+ more errors\))?$`)
	compilerPlace = regexp.MustCompile(`^(.*) at .*:(\d+):\d+$`)
)

// syntaxError words an error of the compiler as "SyntaxError: … (body:line N)".
func syntaxError(err error, part string) error {
	text, line := strings.TrimPrefix(err.Error(), "SyntaxError: "), ""
	if m := parserPlace.FindStringSubmatch(text); m != nil {
		text, line = m[2], m[1]
	} else if m := compilerPlace.FindStringSubmatch(text); m != nil {
		text, line = m[1], m[2]
	}
	if n, e := strconv.Atoi(line); e == nil {
		text += fmt.Sprintf(" (%s:line %d)", part, max(n-1, 1))
	}
	return &flow.Error{Name: "SyntaxError", Message: text}
}

// interrupter interrupts a script from another goroutine, and only while one
// runs. Its zero value is ready to use.
type interrupter struct {
	mu      sync.Mutex
	running *goja.Runtime
	run     uint64 // counts the scripts
}

// begin says that a script runs, and returns its number.
func (i *interrupter) begin(rt *goja.Runtime) (run uint64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.running = rt
	i.run++
	return i.run
}

func (i *interrupter) end() {
	i.mu.Lock()
	i.running.ClearInterrupt()
	i.running = nil
	i.mu.Unlock()
}

// fireIn interrupts the script with this number, not one that runs by now.
func (i *interrupter) fireIn(run uint64, why error) {
	i.mu.Lock()
	if i.running != nil && i.run == run {
		i.running.Interrupt(why)
	}
	i.mu.Unlock()
}

// fire interrupts whatever script runs.
func (i *interrupter) fire(why error) {
	i.mu.Lock()
	if i.running != nil {
		i.running.Interrupt(why)
	}
	i.mu.Unlock()
}
