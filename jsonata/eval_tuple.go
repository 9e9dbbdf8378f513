package jsonata

// tupleNode is a path with variables. From the step on that binds the first one,
// it passes on tuples: an item and the values of the variables.
type tupleNode struct {
	scope     *scope
	steps     []tupleStep
	group     *group
	varFirst  bool
	consFirst bool
	keep      bool
	keepArray bool
	stream    bool // its tuples go to the path around it
}

type tupleStep struct {
	step
	tuple                  bool
	focus, index, ancestor int // slots, or -1
}

func (n *tupleNode) eval(f *frame, in any) (any, error) {
	rows, err := n.walk(f, in)
	if err != nil {
		return nil, err
	}
	if n.stream && n.group == nil {
		return &tuples{n.scope, rows}, nil
	}
	if n.group != nil {
		return n.group.evalTuples(f, n.scope, rows)
	}
	items := make([]any, 0, len(rows))
	nested := false
	for _, row := range rows {
		if row.value == nil {
			continue
		}
		items = append(items, row.value)
		if _, ok := row.value.(*array); ok {
			nested = true
		}
	}
	if err := f.growOrNil(len(items)); err != nil {
		return nil, err
	}
	out := &array{items: items, seq: true, nested: nested}
	return collapse(out, n.keep || n.keepArray), nil
}

func (n *tupleNode) walk(f *frame, in any) ([]tuple, error) {
	var rows []tuple
	var err error
	v := in
	started := false
	for i := range n.steps {
		s := &n.steps[i]
		switch {
		case i == 0 && n.consFirst:
			if v, err = s.node.eval(f, v); err != nil {
				return nil, err
			}
			continue
		case !s.tuple && i == 0 && n.varFirst:
			var g gather
			if v, err = s.once(f, v); err == nil {
				g.add(v)
				v = g.result(false)
			}
		case !s.tuple:
			v, err = s.over(f, v, false)
		case !started && s.sort != nil:
			if v, err = s.sort.order(f, v); err == nil {
				rows, started = n.start(v, s.index), true
				rows, err = filterTuples(f, n.scope, s.stages, rows)
			}
		default:
			if !started {
				if i == 0 && n.varFirst {
					rows = []tuple{{v, n.slots()}}
				} else {
					rows = n.start(v, -1)
				}
				started = true
			}
			rows, err = n.take(f, s, rows)
		}
		if err != nil || (!started && v == nil) {
			return nil, err
		}
	}
	return rows, nil
}

// slots returns room for the variables of a tuple.
func (n *tupleNode) slots() []any {
	s := make([]any, len(n.scope.names))
	for i := range s {
		s[i] = unbound
	}
	return s
}

// start makes tuples of the items of v.
func (n *tupleNode) start(v any, index int) []tuple {
	items, ok := list(v)
	if !ok {
		items = []any{v}
	}
	rows := make([]tuple, len(items))
	for i, item := range items {
		rows[i] = tuple{item, n.slots()}
		if index >= 0 {
			rows[i].slots[index] = float64(i)
		}
	}
	return rows
}

// take takes a step for each tuple.
func (n *tupleNode) take(f *frame, s *tupleStep, rows []tuple) ([]tuple, error) {
	if s.sort != nil {
		sorted, err := s.sort.orderTuples(f, n.scope, rows)
		if err != nil {
			return nil, err
		}
		if s.index >= 0 {
			numberRows(sorted, s.index)
		}
		return filterTuples(f, n.scope, s.stages, sorted)
	}
	var out []tuple
	for _, row := range rows {
		if err := f.run.tick(); err != nil {
			return nil, err
		}
		v, err := s.bare(tupleFrame(f, n.scope, row), row.value)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		before := len(out)
		if inner, ok := v.(*tuples); ok {
			out = merge(out, n.scope, row, inner)
		} else {
			out = s.extend(out, row, v)
		}
		if err := f.growOrNil((len(out) - before) * (2 + len(row.slots))); err != nil {
			return nil, err
		}
	}
	return filterTuples(f, n.scope, s.stages, out)
}

// bare takes a step without its filters.
func (s *step) bare(f *frame, v any) (any, error) {
	if s.isName {
		return collapse(f.run.lookup(v, s.name), false), nil
	}
	return s.node.eval(f, v)
}

// extend adds a tuple for each item of v.
func (s *tupleStep) extend(out []tuple, row tuple, v any) []tuple {
	items, ok := list(v)
	if !ok {
		items = []any{v}
	}
	for i, item := range items {
		t := tuple{item, append([]any(nil), row.slots...)}
		if s.focus >= 0 {
			t.slots[s.focus], t.value = item, row.value
		}
		if s.index >= 0 {
			t.slots[s.index] = float64(i)
		}
		if s.ancestor >= 0 {
			t.slots[s.ancestor] = row.value
		}
		out = append(out, t)
	}
	return out
}

// merge adds the tuples of a path within the step, with their variables.
func merge(out []tuple, s *scope, row tuple, inner *tuples) []tuple {
	places := make([]int, len(inner.scope.names))
	for i, name := range inner.scope.names {
		places[i] = s.find(name)
	}
	for _, in := range inner.list {
		t := tuple{in.value, append([]any(nil), row.slots...)}
		for i, v := range in.slots {
			if i < len(places) && places[i] >= 0 && v != unbound {
				t.slots[places[i]] = v
			}
		}
		out = append(out, t)
	}
	return out
}

// tupleFrame makes the variables of a tuple visible.
func tupleFrame(f *frame, s *scope, row tuple) *frame {
	return &frame{run: f.run, parent: f, scope: s, slots: row.slots}
}

// numberRows sets the variable of a position.
func numberRows(rows []tuple, slot int) {
	for i := range rows {
		rows[i].slots[slot] = float64(i)
	}
}

func filterTuples(f *frame, s *scope, stages []filter, rows []tuple) ([]tuple, error) {
	for i := range stages {
		p := &stages[i]
		if p.slot >= 0 {
			numberRows(rows, p.slot)
			continue
		}
		var out []tuple
		for j, row := range rows {
			if err := f.run.tick(); err != nil {
				return nil, err
			}
			var n int
			var err error
			if p.constant {
				n, err = f.run.positions(p.index, j, len(rows))
			} else {
				n, err = p.matches(tupleFrame(f, s, row), row.value, j, len(rows))
			}
			if err != nil {
				return nil, err
			}
			for range n {
				out = append(out, row)
			}
		}
		rows = out
	}
	return rows, nil
}

func (s *sortStep) orderTuples(f *frame, sc *scope, rows []tuple) ([]tuple, error) {
	if len(rows) <= 1 {
		return rows, nil
	}
	items := make([]sortItem, len(rows))
	for i, row := range rows {
		items[i].row = row
		if err := s.fill(tupleFrame(f, sc, row), &items[i], row.value); err != nil {
			return nil, err
		}
	}
	sorted, err := mergeSort(items, s.after(f.run))
	out := make([]tuple, len(sorted))
	for i := range sorted {
		out[i] = sorted[i].row
	}
	return out, err
}
