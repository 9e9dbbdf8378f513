package jsonata

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jsregexp"
)

type astKind uint8

const (
	astEnd      astKind = iota
	astOperator         // "and", "or", "in" as names, and the ? of a partial application
	astName
	astString
	astNumber
	astValue
	astVariable
	astRegexp
	astWildcard
	astDescendant
	astParent
	astBinary
	astUnary // value is - [ or {
	astPath
	astSort // a step of a path
	astBind
	astApply
	astCondition
	astDefault  // a ?: b
	astCoalesce // a ?? b
	astBlock
	astFunction
	astPartial
	astLambda
	astTransform
)

// ast is a node of the syntax tree. The parser fills what the grammar says; the
// second pass (process.go) turns chains of "." and "[" into paths of steps.
type ast struct {
	kind  astKind
	value string // name, operator, text of a string
	lit   flow.Value
	re    *jsregexp.Regexp
	pos   int

	lhs, rhs, alt *ast   // operands; condition, then, else; pattern, update, delete
	list          []*ast // steps, expressions or arguments
	pairs         [][2]*ast
	terms         []sortTerm
	sig           *signature

	predicate []stage // filters of a node that is no step
	stages    []stage // filters and positions of a step
	group     *grouping

	keepArray     bool // [] follows
	keepSingleton bool // a path one of whose steps has keepArray
	consArray     bool // an array constructor whose result is not flattened
	tail          bool // a call in tail position
	tuple         bool // makes a stream of tuples

	focus, index string // variables of @ and #
	ancestor     *slot  // the label under which this step's context is kept for %
	slot         *slot  // of a %
	seeking      []*slot
}

// stage is a filter, or the variable of a position (#).
type stage struct {
	filter *ast
	index  string
	pos    int
}

type sortTerm struct {
	descending bool
	expr       *ast
}

// grouping is what follows a step in braces.
type grouping struct {
	pairs [][2]*ast
	pos   int
}

// slot says which step's context a % stands for: level steps up.
type slot struct {
	label string
	level int
}
