package jsonata

import (
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// kindSet is a set of kinds of arguments.
type kindSet uint16

const (
	kindString kindSet = 1 << iota
	kindNumber
	kindBool
	kindNull
	kindArray
	kindObject
	kindFunc
	kindMissing

	kindJSON = kindString | kindNumber | kindBool | kindNull | kindArray | kindObject | kindMissing
	kindAny  = kindJSON | kindFunc
)

var kindLetters = map[byte]kindSet{
	's': kindString, 'n': kindNumber, 'b': kindBool, 'l': kindNull, 'a': kindArray,
	'o': kindObject, 'f': kindFunc, 'm': kindMissing, 'x': 0, 'j': 0,
}

var kindPlurals = map[string]string{
	"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings",
}

// kindOf tells which kind of argument v is.
func kindOf(v any) kindSet {
	switch v.(type) {
	case nil:
		return kindMissing
	case string:
		return kindString
	case float64:
		return kindNumber
	case bool:
		return kindBool
	case flow.Null:
		return kindNull
	case flow.Array, *array:
		return kindArray
	case *Function:
		return kindFunc
	}
	return kindObject
}

// param is one parameter of a signature.
type param struct {
	kinds    kindSet
	optional bool
	many     bool // one or more (+)
	context  bool // the context stands in if the argument is missing (-)
	array    bool // one value becomes an array of it
	itemKind kindSet
	subtype  string
}

// signature is a compiled <…>: it checks arguments, puts in the context and
// makes arrays of single values.
type signature struct {
	params []param
	plain  bool // no parameter is "one or more"
}

// parseSignature understands the text of a signature, as in <s-nn?:s>. The
// position of an error is an offset in the text.
func parseSignature(text string) (*signature, *Error) {
	s := &signature{plain: true}
	last := &param{}
	kind := byte(0)
	for i := 1; i < len(text) && text[i] != ':'; i++ {
		c := text[i]
		add := func(p param) {
			s.params = append(s.params, p)
			last, kind = &s.params[len(s.params)-1], c
		}
		switch c {
		case 's', 'n', 'b', 'l', 'o':
			add(param{kinds: kindLetters[c] | kindMissing})
		case 'a':
			add(param{kinds: kindAny, array: true})
		case 'f':
			add(param{kinds: kindFunc})
		case 'j':
			add(param{kinds: kindJSON})
		case 'x':
			add(param{kinds: kindAny})
		case '-':
			last.context, last.optional = true, true
		case '?':
			last.optional = true
		case '+':
			last.many, s.plain = true, false
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : end]
			if strings.Contains(choice, "<") {
				e := newError("S0402", choice)
				e.Position = i
				return nil, e
			}
			p := param{kinds: kindMissing}
			for j := range len(choice) {
				p.kinds |= kindLetters[choice[j]]
			}
			add(p)
			i = end
		case '<':
			if kind != 'a' && kind != 'f' {
				e := newError("S0401", string(kind))
				e.Position = i
				return nil, e
			}
			end := closing(text, i, '<', '>')
			if last.array {
				last.subtype = text[i+1 : end]
				if last.subtype != "" {
					last.itemKind = kindLetters[last.subtype[0]]
				}
			}
			i = end
		}
	}
	return s, nil
}

// closing returns where the bracket at start is closed, or the end of the text.
func closing(text string, start int, opening, closing byte) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch text[i] {
		case opening:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return max(start+1, len(text)-1)
}

// validate checks args and returns the arguments as the function gets them.
// The slice args is reused if nothing has to change its length.
func (s *signature) validate(args []any, context any) ([]any, *Error) {
	if s.fits(args) {
		for i := range args {
			if s.params[i].array {
				v, err := s.params[i].toArray(args[i], 1, i)
				if err != nil {
					return nil, err
				}
				args[i] = v
			}
		}
		if len(args) == len(s.params) {
			return args, nil
		}
		out := make([]any, len(s.params))
		given := copy(out, args)
		for i := given; i < len(out); i++ {
			if s.params[i].context {
				if kindOf(context)&s.params[i].kinds == 0 {
					return nil, newError("T0411", context).with("index", float64(given+1))
				}
				out[i] = context
			}
		}
		return out, nil
	}
	return s.validateSlowly(args, context)
}

// fits tells whether the arguments are those of the first parameters, one by
// one, and the other parameters are optional.
func (s *signature) fits(args []any) bool {
	if !s.plain || len(args) > len(s.params) {
		return false
	}
	for i, p := range s.params {
		if i >= len(args) {
			if !p.optional {
				return false
			}
		} else if kindOf(args[i])&p.kinds == 0 {
			return false
		}
	}
	return true
}

func (s *signature) validateSlowly(args []any, context any) ([]any, *Error) {
	kinds := make([]kindSet, len(args))
	for i, arg := range args {
		kinds[i] = kindOf(arg)
	}
	counts := make([]int, len(s.params))
	if !s.match(kinds, 0, counts, true) {
		return nil, s.mismatch(args, kinds)
	}
	// An optional argument that was left out before others takes the place of the
	// next one, as in the reference implementation.
	arg := func(i int) any {
		if i < len(args) {
			return args[i]
		}
		return nil
	}
	var out []any
	next := 0
	for i, p := range s.params {
		switch {
		case counts[i] == 0 && p.context:
			if kindOf(context)&p.kinds == 0 {
				return nil, newError("T0411", context).with("index", float64(next+1))
			}
			out = append(out, context)
		case counts[i] == 0:
			out = append(out, arg(next))
			next++
		}
		for range counts[i] {
			v := arg(next)
			if p.array {
				var err *Error
				if v, err = p.toArray(v, counts[i], next); err != nil {
					return nil, err
				}
			}
			out = append(out, v)
			next++
		}
	}
	return out, nil
}

// match finds how many arguments each parameter takes, as a greedy regular
// expression over the kinds would. Without whole, arguments may be left over.
func (s *signature) match(kinds []kindSet, i int, counts []int, whole bool) bool {
	if i == len(counts) {
		return !whole || len(kinds) == 0
	}
	p := &s.params[i]
	most := 0
	for most < len(kinds) && kinds[most]&p.kinds != 0 && (most == 0 || p.many) {
		most++
	}
	least := 1
	if p.optional {
		least = 0
	}
	for n := most; n >= least; n-- {
		counts[i] = n
		if s.match(kinds[n:], i+1, counts, whole) {
			return true
		}
	}
	return false
}

// mismatch says which argument is the first that does not fit.
func (s *signature) mismatch(args []any, kinds []kindSet) *Error {
	good := 0
	for i := range s.params {
		counts := make([]int, i+1)
		if !s.match(kinds, 0, counts, false) {
			break
		}
		good = 0
		for _, n := range counts {
			good += n
		}
	}
	var value any
	if good < len(args) {
		value = args[good]
	}
	return newError("T0410", value).with("index", float64(good+1))
}

// toArray checks the items of an array and makes an array of a single value.
// taken is how many arguments the parameter took.
func (p *param) toArray(arg any, taken, index int) (any, *Error) {
	if arg == nil {
		return nil, nil
	}
	items, isList := list(arg)
	if p.subtype != "" {
		ok := true
		if isList {
			for _, item := range items {
				if kindOf(item) != p.itemKind {
					ok = false
					break
				}
			}
		} else {
			ok = taken == 1 && len(p.subtype) == 1 && kindOf(arg) == p.itemKind
		}
		if !ok {
			e := newError("T0412", arg).with("index", float64(index+1))
			if plural := kindPlurals[p.subtype]; plural != "" {
				e = e.with("type", plural)
			}
			return nil, e
		}
	}
	if !isList {
		return flow.Array{arg}, nil
	}
	return arg, nil
}
