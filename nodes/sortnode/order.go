package sortnode

import (
	"slices"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jscompare"
)

// item is something to sort by its key.
type item[T any] struct {
	key   flow.Value
	value T
}

// sortItems sorts by the keys. What has the same key stays in its order; what
// has none (undefined, or no number where numbers are compared) comes last.
func sortItems[T any](items []item[T], asNumber, descending bool) {
	if asNumber {
		for i := range items {
			items[i].key = flow.Number(items[i].key)
		}
	}
	slices.SortStableFunc(items, func(a, b item[T]) int {
		if x, y := isKey(a.key), isKey(b.key); x != y {
			if x {
				return -1
			}
			return 1
		}
		order, comparable := jscompare.Order(a.key, b.key)
		switch {
		case !comparable:
			return 0
		case descending:
			return -order
		}
		return order
	})
}

// isKey tells whether v has a place in an order.
func isKey(v flow.Value) bool {
	f, isNumber := v.(float64)
	return v != nil && (!isNumber || f == f)
}
