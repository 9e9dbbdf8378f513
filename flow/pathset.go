package flow

// maxArrayGrowth bounds how far behind the end of an array a write may go: a
// hole of more than that is a mistake, not an array.
const maxArrayGrowth = 1 << 20

// SetPath sets what the path leads to, and makes the objects and arrays on the
// way if create is true (an array where the next part is an index). An
// undefined value deletes: a property is removed, an array element cut out. It
// tells whether the message was changed; it is not where a value that can have
// no properties is in the way. It copies the objects it changes, nothing else.
// (Node-RED's setMessageProperty.)
func (m *Message) SetPath(p Path, v Value, create bool) (bool, error) {
	p, err := p.Resolve(m)
	if err != nil || len(p) == 0 {
		return false, err
	}
	if len(p) == 1 {
		if v == nil {
			m.Delete(p[0].Key)
		} else {
			m.Set(p[0].Key, v)
		}
		return true, nil
	}
	child, ok := setIn(m.Get(p[0].Key), p[1:], v, create)
	if ok {
		m.Set(p[0].Key, child)
	}
	return ok, nil
}

// SetProperty returns the object with the property set as [Message.SetPath]
// does it; o itself is not changed. Nested parts must be resolved.
func SetProperty(o *Object, p Path, v Value, create bool) (*Object, bool) {
	if len(p) == 0 {
		return o, false
	}
	changed, ok := setIn(o, p, v, create)
	if !ok {
		return o, false
	}
	return changed.(*Object), true
}

// setIn returns a copy of parent in which the path leads to v.
func setIn(parent Value, p Path, v Value, create bool) (Value, bool) {
	s := p[0]
	if parent == nil {
		if !create || v == nil {
			return nil, false
		}
		if s.IsKey {
			parent = &Object{}
		} else {
			parent = Array{}
		}
	}
	if len(p) > 1 {
		child, ok := setIn(s.of(parent), p[1:], v, create)
		if !ok {
			return nil, false
		}
		v = child
	}
	switch parent := parent.(type) {
	case *Object:
		parent = parent.Clone()
		if v == nil {
			parent.Delete(s.Key)
		} else {
			parent.Set(s.Key, v)
		}
		return parent, true
	case Array:
		i, ok := s.index()
		if !ok || i > len(parent)+maxArrayGrowth {
			return nil, false
		}
		if v == nil {
			if i >= len(parent) {
				return parent, true
			}
			return append(append(Array{}, parent[:i]...), parent[i+1:]...), true
		}
		grown := append(Array{}, parent...)
		for len(grown) <= i {
			grown = append(grown, nil)
		}
		grown[i] = v
		return grown, true
	case Buffer:
		i, ok := s.index()
		if !ok || i >= len(parent) || v == nil {
			return nil, false
		}
		changed := append(Buffer{}, parent...)
		changed[i] = byte(int64(Number(v)))
		return changed, true
	}
	return nil, false
}
