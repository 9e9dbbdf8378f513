package jsonata

// sortStep is ^(…).
type sortStep struct {
	terms []sortKey
	pos   int
}

type sortKey struct {
	key        node
	descending bool
}

// sortItem is an item with the values it is sorted by.
type sortItem struct {
	keys []any
	item any
	row  tuple
}

func (s *sortStep) order(f *frame, v any) (any, error) {
	items, ok := list(v)
	if !ok || len(items) <= 1 {
		return v, nil
	}
	rows := make([]sortItem, len(items))
	for i, item := range items {
		rows[i].item = item
		if err := s.fill(f, &rows[i], item); err != nil {
			return nil, err
		}
	}
	sorted, err := mergeSort(rows, s.after(f.run))
	if err != nil {
		return nil, err
	}
	out := &array{items: make([]any, len(sorted))}
	for i := range sorted {
		out.items[i] = sorted[i].item
		if _, ok := sorted[i].item.(*array); ok {
			out.nested = true
		}
	}
	return out, f.growOrNil(len(items))
}

// growOrNil counts items that were made; it is nil if there is room for them.
func (f *frame) growOrNil(items int) error {
	if err := f.run.grow(items * itemSize); err != nil {
		return err
	}
	return nil
}

// fill evaluates what an item is sorted by.
func (s *sortStep) fill(f *frame, row *sortItem, context any) error {
	row.keys = make([]any, len(s.terms))
	for i := range s.terms {
		if err := f.run.tick(); err != nil {
			return err
		}
		var err error
		if row.keys[i], err = s.terms[i].key.eval(f, context); err != nil {
			return err
		}
	}
	return nil
}

// after tells whether a comes after b. Undefined keys come last.
func (s *sortStep) after(r *run) func(a, b *sortItem) (bool, error) {
	return func(a, b *sortItem) (bool, error) {
		if err := r.tick(); err != nil {
			return false, err
		}
		for i, term := range s.terms {
			x, y := a.keys[i], b.keys[i]
			if x == nil || y == nil {
				if x == nil && y == nil {
					continue
				}
				return x == nil, nil
			}
			c, err := s.compare(x, y)
			if err != nil {
				return false, err
			}
			if c != 0 {
				return (c > 0) != term.descending, nil
			}
		}
		return false, nil
	}
}

func (s *sortStep) compare(x, y any) (int, error) {
	switch x := x.(type) {
	case float64:
		if y, ok := y.(float64); ok {
			switch {
			case x < y:
				return -1, nil
			case x == y:
				return 0, nil
			}
			return 1, nil
		}
	case string:
		if y, ok := y.(string); ok {
			return compareStrings(x, y), nil
		}
	default:
		return 0, newError("T2008", x).at(s.pos, "")
	}
	if k := kindOf(y); k != kindString && k != kindNumber {
		return 0, newError("T2008", y).at(s.pos, "")
	}
	return 0, newError("T2007", x).with("value2", y).at(s.pos, "")
}

// mergeSort sorts stably, comparing only the pairs that a top-down merge sort
// compares: order functions of expressions need not be consistent.
func mergeSort[T any](items []T, after func(a, b *T) (bool, error)) ([]T, error) {
	out := append([]T(nil), items...)
	return out, mergeInto(out, make([]T, len(items)), after)
}

func mergeInto[T any](items, space []T, after func(a, b *T) (bool, error)) error {
	if len(items) < 2 {
		return nil
	}
	mid := len(items) / 2
	if err := mergeInto(items[:mid], space[:mid], after); err != nil {
		return err
	}
	if err := mergeInto(items[mid:], space[mid:], after); err != nil {
		return err
	}
	copy(space, items)
	left, right := space[:mid], space[mid:len(items)]
	for i := range items {
		take := len(right) == 0
		if !take && len(left) > 0 {
			swap, err := after(&left[0], &right[0])
			if err != nil {
				return err
			}
			take = !swap
		}
		if take {
			items[i], left = left[0], left[1:]
		} else {
			items[i], right = right[0], right[1:]
		}
	}
	return nil
}
