package function

import (
	"reflect"

	"github.com/dop251/goja/ast"
)

// mayKeep tells whether a script may still have its message when it has
// returned: whether msg stands anywhere but before a property (msg.payload) or
// in what is returned, or in a function that may be called later, or whether
// the script may be done with the message before it returns. If not, what it
// takes to show the script a message can be used for the next one. The same goes
// for the request in it if the script has no use for an object of it but to read or
// set what is in there: msg.req.query.n.
func mayKeep(script *ast.Program) (message, request bool) {
	body, ok := script.Body[0].(*ast.ExpressionStatement)
	if !ok {
		return true, true
	}
	f, ok := body.Expression.(*ast.FunctionLiteral)
	if !ok || f.Async || f.Generator {
		return true, true
	}
	var k keeper
	k.look(reflect.ValueOf(f.Body))
	return k.keeps, k.keeps || k.keepsRequest
}

// keeper looks through a syntax tree.
type keeper struct{ keeps, keepsRequest bool }

func (k *keeper) look(v reflect.Value) {
	if k.keeps || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		k.look(v.Elem())
	case reflect.Pointer:
		if v.IsNil() || v.Type().Elem().PkgPath() != astPath || k.known(v.Interface()) {
			return
		}
		k.look(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			k.look(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				k.look(v.Field(i))
			}
		}
	}
}

var astPath = reflect.TypeFor[ast.Program]().PkgPath()

// known deals with the nodes that matter; it is false for one to look into.
func (k *keeper) known(node any) bool {
	switch node := node.(type) {
	case *ast.Identifier:
		switch node.Name {
		case "msg", "node", "arguments", "eval":
			k.keeps = true
		}
	case *ast.PropertyShort: // {msg}
		return k.known(&node.Name)
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.ClassLiteral:
		k.keeps = true
	case *ast.CallExpression:
		k.called(node.Callee)
		return false
	case *ast.TemplateLiteral:
		k.called(node.Tag)
		return false
	case *ast.DotExpression:
		if node.Identifier.Name == "__proto__" {
			k.keeps = true
		}
		if d := depth(node); d > 0 {
			k.keepsRequest = k.keepsRequest || d < requestValue
			return true
		}
		return is(node.Left, "msg") || is(node.Left, "node") && node.Identifier.Name != "done"
	case *ast.BracketExpression:
		d := depth(node.Left)
		switch {
		case is(node.Left, "msg"): // it may be the request
			k.keepsRequest = true
		case d == 0:
			return false
		default:
			k.keepsRequest = k.keepsRequest || d+1 < requestValue
		}
		k.look(reflect.ValueOf(&node.Member).Elem())
	case *ast.ReturnStatement:
		k.returned(node.Argument)
	default:
		return false
	}
	return true
}

// called looks at what is called: as a method it gets the object before it, and
// valueOf, for one, returns that.
func (k *keeper) called(callee ast.Expression) {
	if optional, ok := callee.(*ast.Optional); ok { // msg.valueOf?.()
		callee = optional.Expression
	}
	var object ast.Expression
	switch callee := callee.(type) {
	case *ast.DotExpression:
		object = callee.Left
		if is(object, "msg") && callee.Identifier.Name == "hasOwnProperty" {
			return // which many scripts ask, and nobody replaces
		}
	case *ast.BracketExpression:
		object = callee.Left
	default:
		return
	}
	k.keeps = k.keeps || is(object, "msg")
	k.keepsRequest = k.keepsRequest || depth(object) == requestValue-1
}

func (k *keeper) returned(e ast.Expression) {
	switch e := e.(type) {
	case *ast.ArrayLiteral:
		for _, item := range e.Value {
			k.returned(item)
		}
	case *ast.ConditionalExpression:
		k.look(reflect.ValueOf(&e.Test).Elem())
		k.returned(e.Consequent)
		k.returned(e.Alternate)
	default:
		if !is(e, "msg") {
			k.look(reflect.ValueOf(&e).Elem())
		}
	}
}

// requestValue is the depth of msg.req.query.n.
const requestValue = 3

// depth returns how deep in the message an expression is that begins with msg.req; 0
// if it does not.
func depth(e ast.Expression) int {
	dot, ok := e.(*ast.DotExpression)
	switch {
	case !ok:
		return 0
	case is(dot.Left, "msg") && dot.Identifier.Name == "req":
		return 1
	}
	if d := depth(dot.Left); d > 0 {
		return d + 1
	}
	return 0
}

func is(e ast.Expression, name string) bool {
	id, ok := e.(*ast.Identifier)
	return ok && id.Name.String() == name
}
