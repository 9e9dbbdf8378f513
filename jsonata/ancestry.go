package jsonata

import "slices"

// kindNames are the names that messages give to kinds of nodes.
var kindNames = map[astKind]string{
	astName: "name", astString: "string", astNumber: "number", astValue: "value",
	astVariable: "variable", astRegexp: "regex", astWildcard: "wildcard",
	astDescendant: "descendant", astParent: "parent", astBinary: "binary",
	astUnary: "unary", astPath: "path", astSort: "sort", astBind: "bind",
	astApply: "apply", astCondition: "condition", astDefault: "condition",
	astCoalesce: "condition", astBlock: "block", astFunction: "function",
	astPartial: "partial", astLambda: "lambda", astTransform: "transform",
}

// seek takes over the parents that child looks for.
func (n *ast) seek(child *ast) {
	n.seeking = append(n.seeking, child.seeking...)
	if child.kind == astParent {
		n.seeking = append(n.seeking, child.slot)
	}
}

// resolveParents looks for the parents that the last step of a path refers to
// among the steps before it; what is not found there is for the path around.
func (p *processor) resolveParents(path *ast) error {
	last := path.list[len(path.list)-1]
	slots := last.seeking
	if last.kind == astParent {
		slots = append(slots, last.slot)
	}
	for _, s := range slots {
		i := len(path.list) - 2
		for s.level > 0 {
			if i < 0 {
				path.seeking = append(path.seeking, s)
				break
			}
			step := path.list[i]
			i--
			// Steps in a row that bind a variable with @ share their context.
			for i >= 0 && step.focus != "" && path.list[i].focus != "" {
				step = path.list[i]
				i--
			}
			if err := p.seekParent(step, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// seekParent goes one step up, or into the last step of what the node stands
// for, and labels the node where the level that is looked for is reached.
func (p *processor) seekParent(node *ast, s *slot) error {
	switch node.kind {
	case astName, astWildcard:
		s.level--
		if s.level == 0 {
			if node.ancestor != nil {
				s.label = node.ancestor.label
			}
			node.ancestor = s
			node.tuple = true
		}
	case astParent:
		s.level++
	case astBlock:
		if len(node.list) > 0 {
			node.tuple = true
			return p.seekParent(node.list[len(node.list)-1], s)
		}
	case astPath:
		node.tuple = true
		for _, step := range slices.Backward(node.list) {
			if err := p.seekParent(step, s); err != nil {
				return err
			}
			if s.level <= 0 {
				break
			}
		}
	default:
		return newError("S0217", nil).at(node.pos, kindNames[node.kind])
	}
	return nil
}
