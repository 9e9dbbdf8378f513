// Package jsonata compiles and evaluates JSONata expressions, version 2 of the
// language (https://docs.jsonata.org). It follows jsonata-js, the reference
// implementation, with its error codes and messages.
//
//	e, err := jsonata.Compile(`payload.orders[qty > 5].id`)
//	…
//	ids, err := e.Eval(ctx, message, nil)
//
// # Values
//
// Expressions work on the values of package flow as they are: nil is undefined,
// [flow.Null], bool, float64, string, [flow.Array] and [*flow.Object] with its
// order of keys. A [flow.Buffer] is an object of its bytes, a [flow.Date] one
// without keys, and what is opaque in a message is carried along. That is the
// one package of the project that this one knows, besides the regular
// expressions: an interface between them would cost a call for every step of a
// path and an allocation for every object, and say no more than flow.Value does.
//
// Values do not change. The result shares what it can with the input.
//
// # How it works
//
// The lexer and parser (lexer.go, parser*.go) make a tree. A second pass
// (process.go, ancestry.go) makes paths of steps of it and finds the step that
// each % means. The compiler (compile*.go) turns the tree into nodes, whose
// variables are places in frames. Nodes do not change, so one [Expression]
// serves any number of evaluations at a time; what an evaluation needs is in its
// run (run.go) and its frames.
//
// Lists on their way from step to step are of a type of their own (value.go),
// with the marks that the rules of sequences need; single items travel without a
// list around them. Calls in tail position return to the loop that calls them,
// so they take no stack.
//
// # Limits
//
// [MaxDepth], [MaxTime] and [MaxMemory] bound an evaluation, and its context can
// end it at any moment. A string has at most 64 MiB, a range 1e7 items, an
// expression 2,000 levels, and a value 10,000.
//
// # Differences from jsonata-js
//
//   - The position of an error is that of the innermost call, and "and" and "or"
//     leave the errors of their right sides alone.
//   - A filter of what is undefined is not evaluated; jsonata-js evaluates it
//     once, and may make an array of undefined of it.
//   - Strings are UTF-8: half of a surrogate pair cannot be in one.
//   - $toMillis refuses dates that do not exist instead of giving NaN, and
//     $fromMillis takes half-hour zones west of UTC for what they are.
//   - Pictures with unknown components are errors, irregular groups of digits
//     get no separators in front, and the limit of $match and $replace counts
//     for empty matches too.
//   - a ?: b and a ?? b evaluate a once.
//   - Two dates are equal if they are the same moment.
//   - A regular expression that needs more than a second or so fails.
package jsonata
