package jsonata

import "slices"

// native is the code of a built-in function. The signature has checked the
// arguments: those that are missing are nil.
type native = func(c Call, args []any) (any, error)

// builtins are the functions that every expression knows.
var builtins = library(
	aggregateFunctions, stringFunctions, patternFunctions, urlFunctions, numberFunctions, formatFunctions,
	logicFunctions, arrayFunctions, objectFunctions, higherFunctions, dateFunctions, evalFunctions,
)

type builtin struct {
	name, sig string
	code      native
}

func library(groups ...[]builtin) map[string]*Function {
	out := map[string]*Function{}
	for _, group := range groups {
		for _, b := range group {
			sig := mustSignature(b.sig)
			out[b.name] = &Function{name: b.name, sig: sig, arity: len(sig.params), native: b.code}
		}
	}
	out["string"].arity = 1 // so that $map($string) does not take positions for options
	out["zip"].arity = 0
	return out
}

func mustSignature(text string) *signature {
	s, err := parseSignature(text)
	if err != nil {
		panic(text)
	}
	return s
}

var evalFunctions = []builtin{{"eval", "<sx?:x>", evalFunction}}

// evalFunction compiles and evaluates an expression where it is called: it sees
// the variables there.
func evalFunction(c Call, args []any) (any, error) {
	source, ok := args[0].(string)
	if !ok {
		return nil, nil
	}
	c.frame.keep() // functions that the expression makes may hold it
	var frames []*frame
	for f := c.frame; f != nil; f = f.parent {
		frames = append(frames, f)
	}
	var outer *scope
	for _, f := range slices.Backward(frames) {
		outer = &scope{parent: outer, names: f.scope.names}
	}
	e, err := compileExpression(source, c.run.functions, outer)
	if err != nil {
		return nil, newError("D3120", err.Error())
	}
	input := c.input
	if args[1] != nil {
		input = wrap(plain(args[1]))
	}
	if err := c.run.grow(len(source)); err != nil {
		return nil, err
	}
	v, err := e.evalIn(&frame{}, c.run, c.frame, input)
	if err != nil {
		return nil, newError("D3121", finished(err, source).Error())
	}
	return v, nil
}
