package js

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
)

// maxCallDepth bounds recursion; Node.js gives up at about as many calls.
const maxCallDepth = 10_000

// VM is one JavaScript realm. It is not safe for concurrent use, apart from
// Interrupt and ClearInterrupt of its Runtime.
type VM struct {
	Runtime *goja.Runtime

	uint8Array  *goja.Object
	date        *goja.Object
	bufferProto *goja.Object // nil until the first Buffer
	modules     map[string]goja.Value
	primitives  *goja.Object              // what natives returns, once there is a module
	zones       map[string]*time.Location // that were asked for by name

	spareViews []*Message // views that nobody has any more; as many as one message had
}

// New returns a realm with the globals Buffer, URL, URLSearchParams,
// TextEncoder, TextDecoder, util, promisify, structuredClone, queueMicrotask,
// Intl, atob and btoa.
func New() *VM {
	rt := goja.New()
	rt.SetMaxCallStackSize(maxCallDepth)
	vm := &VM{Runtime: rt, modules: map[string]goja.Value{}}
	vm.uint8Array, _ = rt.Get("Uint8Array").(*goja.Object)
	vm.date, _ = rt.Get("Date").(*goja.Object)
	for _, name := range []string{"Buffer", "atob", "btoa"} {
		vm.lazyMember(name, "buffer")
	}
	for _, name := range []string{"URL", "URLSearchParams"} {
		vm.lazyMember(name, "url")
	}
	for _, name := range []string{"promisify", "TextEncoder", "TextDecoder"} {
		vm.lazyMember(name, "util")
	}
	vm.Lazy("util", func() goja.Value { return vm.mustModule("util") })
	vm.lazyMember("structuredClone", cloneModule)
	vm.defineIntl()
	_ = rt.Set("queueMicrotask", vm.queueMicrotask)
	return vm
}

// Lazy defines a global whose value is made when a script first reads it.
func (vm *VM) Lazy(name string, value func() goja.Value) {
	global := vm.Runtime.GlobalObject()
	define := func(v goja.Value) {
		_ = global.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	// One function for both saves memory: a getter is called without an argument.
	access := vm.Runtime.ToValue(func(call goja.FunctionCall) goja.Value {
		if len(call.Arguments) > 0 {
			define(call.Argument(0))
			return goja.Undefined()
		}
		v := value()
		define(v)
		return v
	})
	_ = global.DefineAccessorProperty(name, access, access, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

func (vm *VM) lazyMember(name, module string) {
	vm.Lazy(name, func() goja.Value { return vm.mustModule(module).ToObject(vm.Runtime).Get(name) })
}

// mustModule is for calls from a script: the error becomes an exception.
func (vm *VM) mustModule(name string) goja.Value {
	m, err := vm.Module(name)
	if err != nil {
		panic(vm.Runtime.NewGoError(err))
	}
	return m
}

//go:embed *.js
var sources embed.FS

// programs has the modules that there are. Each is compiled once for all realms,
// when it is first asked for; programs are immutable.
var programs = map[string]func() (*goja.Program, error){
	"assert":      source("assert.js"),
	"buffer":      source("buffer.js"),
	"crypto":      source("crypto.js"),
	"events":      source("events.js"),
	"os":          source("os.js"),
	"path":        source("path.js"),
	"querystring": source("querystring.js"),
	"url":         source("url.js"),
	"util":        source("util.js"),

	cloneModule:   source("clone.js"),
	intlModule:    source("intl.js"),
	datesModule:   source("dates.js"),
	numbersModule: source("numbers.js"),
	localeModule:  source("locale.js"),
	localesModule: source("locales.js"),
}

// cloneModule is a module of our own; no script can name it.
const cloneModule = " clone"

func source(file string) func() (*goja.Program, error) {
	return sync.OnceValues(func() (*goja.Program, error) {
		text, err := sources.ReadFile(file)
		if err != nil {
			return nil, err
		}
		return goja.Compile(file, string(text), true)
	})
}

// Module returns a module as require(name) does, with or without the prefix
// "node:": assert, buffer, crypto, events, os, path, querystring, url or util.
// Others are an error that names them.
func (vm *VM) Module(name string) (goja.Value, error) {
	name = strings.TrimPrefix(name, "node:")
	if m, ok := vm.modules[name]; ok {
		return m, nil
	}
	compile, ok := programs[name]
	if !ok {
		return nil, fmt.Errorf("module '%s' is not available in function nodes", name)
	}
	p, err := compile()
	if err != nil {
		return nil, err
	}
	m, err := vm.RunFactory(p, vm.natives())
	if err != nil {
		return nil, fmt.Errorf("loading module '%s': %w", name, err)
	}
	vm.modules[name] = m
	return m, nil
}

// RunFactory runs a program whose value is a function, and calls it.
func (vm *VM) RunFactory(p *goja.Program, args ...goja.Value) (goja.Value, error) {
	v, err := vm.Runtime.RunProgram(p)
	if err != nil {
		return nil, err
	}
	f, ok := goja.AssertFunction(v)
	if !ok {
		return nil, fmt.Errorf("the program is no function")
	}
	return f(goja.Undefined(), args...)
}

// natives are the primitives that the modules are built on, the same for all of them.
func (vm *VM) natives() goja.Value {
	if vm.primitives != nil {
		return vm.primitives
	}
	n := vm.Runtime.NewObject()
	vm.primitives = n
	_ = n.Set("encode", vm.encode)
	_ = n.Set("decode", vm.decode)
	_ = n.Set("digest", vm.digest)
	_ = n.Set("random", vm.random)
	_ = n.Set("equalInConstantTime", vm.equalInConstantTime)
	_ = n.Set("os", vm.osFacts)
	_ = n.Set("cwd", vm.cwd)
	vm.bufferNatives(n)
	vm.intlNatives(n)
	_ = n.Set("isBytes", func(call goja.FunctionCall) goja.Value {
		_, ok := bytesOf(call.Argument(0))
		return vm.Runtime.ToValue(ok)
	})
	_ = n.Set("typeOf", func(call goja.FunctionCall) goja.Value {
		return vm.Runtime.ToValue(kindOf(call.Argument(0)))
	})
	_ = n.Set("module", func(call goja.FunctionCall) goja.Value {
		return vm.mustModule(call.Argument(0).String())
	})
	return n
}

// Clone is the deep copy of a message that Node-RED makes (lodash's cloneDeep):
// functions and opaque values are shared.
func (vm *VM) Clone() goja.Value {
	return vm.mustModule(cloneModule).ToObject(vm.Runtime).Get("clone")
}

func (vm *VM) queueMicrotask(call goja.FunctionCall) goja.Value {
	f, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		panic(vm.Runtime.NewTypeError("The \"callback\" argument must be of type function"))
	}
	promise, resolve, _ := vm.Runtime.NewPromise()
	if then, ok := goja.AssertFunction(vm.Runtime.ToValue(promise).ToObject(vm.Runtime).Get("then")); ok {
		run := func(goja.FunctionCall) goja.Value {
			mustCall(f, goja.Undefined())
			return goja.Undefined()
		}
		_, _ = then(vm.Runtime.ToValue(promise), vm.Runtime.ToValue(run))
	}
	_ = resolve(goja.Undefined())
	return goja.Undefined()
}
