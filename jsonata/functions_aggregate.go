package jsonata

import "math"

var aggregateFunctions = []builtin{
	{"sum", "<a<n>:n>", sumFunction},
	{"count", "<a:n>", countFunction},
	{"max", "<a<n>:n>", maxFunction},
	{"min", "<a<n>:n>", minFunction},
	{"average", "<a<n>:n>", averageFunction},
}

func total(items []any) float64 {
	sum := 0.0
	for _, item := range items {
		sum += item.(float64) // the signature has checked it
	}
	return sum
}

func sumFunction(_ Call, args []any) (any, error) {
	items, ok := list(args[0])
	if !ok {
		return nil, nil
	}
	return total(items), nil
}

func countFunction(_ Call, args []any) (any, error) {
	items, _ := list(args[0])
	return number(float64(len(items))), nil
}

func maxFunction(_ Call, args []any) (any, error) { return extreme(args[0], math.Max) }

func minFunction(_ Call, args []any) (any, error) { return extreme(args[0], math.Min) }

func extreme(v any, pick func(a, b float64) float64) (any, error) {
	items, _ := list(v)
	if len(items) == 0 {
		return nil, nil
	}
	out := items[0].(float64)
	for _, item := range items[1:] {
		out = pick(out, item.(float64))
	}
	return out, nil
}

func averageFunction(_ Call, args []any) (any, error) {
	items, _ := list(args[0])
	if len(items) == 0 {
		return nil, nil
	}
	return total(items) / float64(len(items)), nil
}
