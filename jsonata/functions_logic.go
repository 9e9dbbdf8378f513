package jsonata

import (
	"github.com/flowrun/flowrun/flow"
)

var logicFunctions = []builtin{
	{"boolean", "<x-:b>", booleanFunction},
	{"not", "<x-:b>", notFunction},
	{"exists", "<x:b>", existsFunction},
	{"type", "<x:s>", typeFunction},
	{"error", "<s?:x>", errorFunction},
	{"assert", "<bs?:x>", assertFunction},
}

func booleanFunction(c Call, args []any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	return c.run.truthy(args[0]), nil
}

func notFunction(c Call, args []any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	return !c.run.truthy(args[0]), nil
}

func existsFunction(_ Call, args []any) (any, error) { return args[0] != nil, nil }

func typeFunction(_ Call, args []any) (any, error) {
	switch args[0].(type) {
	case nil:
		return nil, nil
	case flow.Null:
		return "null", nil
	case float64:
		return "number", nil
	case string:
		return "string", nil
	case bool:
		return "boolean", nil
	case flow.Array, *array:
		return "array", nil
	case *Function:
		return "function", nil
	}
	return "object", nil
}

func errorFunction(_ Call, args []any) (any, error) {
	return nil, raised("D3137", args[0], "$error() function evaluated")
}

func assertFunction(_ Call, args []any) (any, error) {
	if ok, _ := args[0].(bool); ok {
		return nil, nil
	}
	return nil, raised("D3141", args[1], "$assert() statement failed")
}

// raised is an error that an expression makes itself.
func raised(code string, message any, otherwise string) *Error {
	text, _ := message.(string)
	if text == "" {
		text = otherwise
	}
	return &Error{Code: code, Message: text}
}
