package js

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/dop251/goja"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// Modules of our own for Intl and the methods that go by a locale.
const (
	intlModule    = " intl"
	datesModule   = " dates"
	numbersModule = " numbers"
	localeModule  = " locale"
	localesModule = " locales"
)

// utc is what Node.js calls all zones that are no more than that.
const utc = "UTC"

// localeMethods are the methods of prototypes that are ours, and the function of
// a module that does their work; it gets this as its first argument.
var localeMethods = []struct{ class, method, module, function string }{
	{"Number", "toLocaleString", numbersModule, "number"},
	{"BigInt", "toLocaleString", numbersModule, "bigint"},
	{"Date", "toLocaleString", datesModule, "both"},
	{"Date", "toLocaleDateString", datesModule, "date"},
	{"Date", "toLocaleTimeString", datesModule, "time"},
	{"String", "localeCompare", intlModule, "localeCompare"},
}

// defineIntl defines what goja lacks or does wrongly. The modules are loaded when
// a script first calls a method.
func (vm *VM) defineIntl() {
	vm.lazyMember("Intl", intlModule)
	for _, m := range localeMethods {
		class, _ := vm.Runtime.Get(m.class).(*goja.Object)
		proto, _ := class.Get("prototype").(*goja.Object)
		var plain goja.Callable // of goja, which is right without a locale
		if m.method == "localeCompare" {
			plain, _ = goja.AssertFunction(proto.Get(m.method))
		}
		method := func(call goja.FunctionCall) goja.Value {
			if plain != nil && !goja.IsUndefined(call.This) && !goja.IsNull(call.This) &&
				goja.IsUndefined(call.Argument(1)) && goja.IsUndefined(call.Argument(2)) {
				return mustCall(plain, call.This, call.Arguments...)
			}
			return vm.callModule(m.module, m.function, append([]goja.Value{call.This}, call.Arguments...))
		}
		_ = proto.DefineDataProperty(m.method, vm.Runtime.ToValue(method), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
}

func (vm *VM) callModule(module, function string, args []goja.Value) goja.Value {
	f, _ := goja.AssertFunction(vm.mustModule(module).ToObject(vm.Runtime).Get(function))
	return mustCall(f, goja.Undefined(), args...)
}

// mustCall is for calls from a script: an exception goes on as one.
func mustCall(f goja.Callable, this goja.Value, args ...goja.Value) goja.Value {
	v, err := f(this, args...)
	if err != nil {
		panic(err)
	}
	return v
}

// intlNatives adds the primitives of Intl.
func (vm *VM) intlNatives(n *goja.Object) {
	_ = n.Set("zone", vm.zone)
	_ = n.Set("localZone", func() string { return localZone() })
	_ = n.Set("hasZones", hasZones)
	_ = n.Set("fieldsOf", vm.fieldsOf)
	_ = n.Set("comparer", vm.comparer)
}

// zone is native.zone(name): the name of a time zone as it is written, or
// undefined. Node.js does not mind upper and lower case.
func (vm *VM) zone(call goja.FunctionCall) goja.Value {
	name := call.Argument(0).String()
	switch strings.ToUpper(name) {
	case "", "LOCAL":
		return goja.Undefined() // which Go takes for zones
	case "UTC", "GMT", "ETC/UTC", "ETC/GMT":
		return vm.Runtime.ToValue(utc)
	}
	for _, spelled := range []string{name, strings.ToUpper(name), titled(name)} {
		if _, err := vm.location(spelled); err == nil {
			return vm.Runtime.ToValue(spelled)
		}
	}
	return goja.Undefined()
}

// titled writes europe/berlin as Europe/Berlin.
func titled(name string) string {
	b := []byte(strings.ToLower(name))
	for i := range b {
		if (i == 0 || strings.IndexByte("/_-", b[i-1]) >= 0) && b[i] >= 'a' && b[i] <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// location is time.LoadLocation, which reads a file each time.
func (vm *VM) location(name string) (*time.Location, error) {
	if loc, ok := vm.zones[name]; ok {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	if vm.zones == nil {
		vm.zones = map[string]*time.Location{}
	}
	vm.zones[name] = loc
	return loc, nil
}

// hasZones tells whether there are time zone files at all.
func hasZones() bool {
	_, err := time.LoadLocation("Europe/London")
	return err == nil
}

// localZone is the name of the machine's time zone, "Local" if nothing tells it.
// Go reads the zone once as well.
var localZone = sync.OnceValue(func() string {
	name, set := os.LookupEnv("TZ")
	if !set {
		name, _ = filepath.EvalSymlinks("/etc/localtime")
	}
	if _, after, ok := strings.Cut(name, "zoneinfo/"); ok {
		name = after
	}
	name = strings.TrimPrefix(name, ":")
	switch name {
	case "", "UTC", "GMT", "Etc/UTC", "Etc/GMT":
		return utc
	}
	if _, err := time.LoadLocation(name); err != nil {
		return time.Local.String()
	}
	return name
})

// fieldsOf is native.fieldsOf(ms, zone): what a clock and a calendar there show.
func (vm *VM) fieldsOf(call goja.FunctionCall) goja.Value {
	loc := time.Local
	if zone := call.Argument(1).String(); zone != localZone() {
		named, err := vm.location(zone)
		if err != nil {
			panic(vm.Runtime.NewGoError(err))
		}
		loc = named
	}
	t := time.UnixMilli(call.Argument(0).ToInteger()).In(loc)
	abbreviation, offset := t.Zone()
	o := vm.Runtime.NewObject()
	_ = o.Set("abbreviation", abbreviation)
	for name, v := range map[string]int{
		"offset": offset / 60, "year": t.Year(), "month": int(t.Month()), "day": t.Day(), "weekday": int(t.Weekday()),
		"hour": t.Hour(), "minute": t.Minute(), "second": t.Second(), "millisecond": t.Nanosecond() / int(time.Millisecond),
	} {
		_ = o.Set(name, v)
	}
	return o
}

// comparer is native.comparer(locale, sensitivity, numeric, ignorePunctuation): a
// function that compares two strings.
func (vm *VM) comparer(call goja.FunctionCall) goja.Value {
	tag := call.Argument(0).String()
	if strings.HasPrefix(tag, "nb") || strings.HasPrefix(tag, "no") {
		tag = "da" // the order is the same, and the library has it by this name
	}
	var options []collate.Option
	sensitivity := call.Argument(1).String()
	switch sensitivity {
	case "base":
		options = append(options, collate.Loose)
	case "accent":
		options = append(options, collate.IgnoreCase, collate.IgnoreWidth)
	}
	c := collate.New(language.Make(tag), options...)
	numeric, ignorePunctuation := call.Argument(2).ToBoolean(), call.Argument(3).ToBoolean()
	prepare := func(s string) string {
		if numeric {
			s = digits.ReplaceAllStringFunc(s, widened)
		}
		return strings.Map(func(r rune) rune {
			if sensitivity == "case" && unicode.Is(unicode.Mn, r) || ignorePunctuation && (unicode.IsPunct(r) || unicode.IsSpace(r)) {
				return -1
			}
			return r
		}, norm.NFD.String(s))
	}
	return vm.Runtime.ToValue(func(call goja.FunctionCall) goja.Value {
		return vm.Runtime.ToValue(c.CompareString(prepare(call.Argument(0).String()), prepare(call.Argument(1).String())))
	})
}

var digits = regexp.MustCompile("[0-9]+")

// widened makes a number as long as all others, so that text sorts as numbers do:
// the collator's own way puts 0 after 9.
func widened(number string) string {
	const width = 40
	number = strings.TrimLeft(number, "0")
	return strings.Repeat("0", max(0, width-len(number))) + number
}
