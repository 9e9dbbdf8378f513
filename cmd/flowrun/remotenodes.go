package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
)

// remoteNode is a node of a running flowrun.
type remoteNode struct {
	id, typ, name string
	alias         string // inside a subflow instance its id in the definition
	flow          string // id of its tab or subflow instance
}

// label is what people call the node.
func (n remoteNode) label() string { return oneLine(cmp.Or(n.name, n.id)) }

func (n remoteNode) String() string {
	if n.name == "" {
		return fmt.Sprintf("%s (%s)", oneLine(n.id), n.typ)
	}
	return fmt.Sprintf("%s (%s %q)", oneLine(n.id), n.typ, n.name)
}

// remoteNodes are the nodes that run somewhere.
type remoteNodes []remoteNode

// nodes returns the nodes that run.
func (c *client) nodes(ctx context.Context) (remoteNodes, error) {
	v, err := c.get(ctx, "/tap/nodes")
	if err != nil {
		return nil, err
	}
	var list remoteNodes
	for _, o := range objects(v) {
		list = append(list, remoteNode{
			id: text(o, "id"), typ: text(o, "type"), name: text(o, "name"), alias: text(o, "alias"), flow: text(o, "z"),
		})
	}
	return list, nil
}

// objects returns the objects in a list.
func objects(v flow.Value) (list []*flow.Object) {
	items, _ := v.(flow.Array)
	for _, item := range items {
		if o, ok := item.(*flow.Object); ok {
			list = append(list, o)
		}
	}
	return list
}

// text returns a property that is a text, empty if it is none.
func text(o *flow.Object, key string) string {
	s, _ := o.Get(key).(string)
	return s
}

// number returns a property that is a number, 0 if it is none.
func number(o *flow.Object, key string) float64 {
	f, _ := o.Get(key).(float64)
	return f
}

// labels returns what people call the nodes, by id.
func (list remoteNodes) labels() map[string]string {
	labels := make(map[string]string, len(list))
	for _, n := range list {
		labels[n.id] = n.label()
	}
	return labels
}

// called returns the nodes that a user means: the one with that id, else those
// with that name, else those with that id in a subflow's definition.
func (list remoteNodes) called(given string) remoteNodes {
	for _, is := range []func(remoteNode) bool{
		func(n remoteNode) bool { return n.id == given },
		func(n remoteNode) bool { return n.name == given },
		func(n remoteNode) bool { return n.alias == given },
	} {
		if found := list.that(is); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (list remoteNodes) that(is func(remoteNode) bool) (found remoteNodes) {
	for _, n := range list {
		if is(n) {
			found = append(found, n)
		}
	}
	return found
}

// all returns the nodes that a user means, at least one.
func (list remoteNodes) all(given string) (remoteNodes, error) {
	found := list.called(given)
	if len(found) > 0 {
		return found, nil
	}
	var names []string
	for _, n := range list {
		names = append(names, n.id)
		if n.name != "" {
			names = append(names, n.name)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("there is no node %q: no flows run", given)
	}
	return nil, fmt.Errorf("there is no node %q%s", given, didYouMean(given, names))
}

// one returns the node that a user means. Of several with the same name it is
// the one that is preferred, if there is just one of those.
func (list remoteNodes) one(given string, preferred func(remoteNode) bool) (remoteNode, error) {
	found, err := list.all(given)
	if err != nil {
		return remoteNode{}, err
	}
	if best := found.that(preferred); len(best) > 0 {
		found = best
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var each []string
	for _, n := range found {
		if n.flow != "" {
			each = append(each, fmt.Sprintf("%s in flow %s", n, oneLine(n.flow)))
		} else {
			each = append(each, n.String())
		}
	}
	return remoteNode{}, fmt.Errorf("%d nodes are called %q; give the id of one: %s", len(found), given, strings.Join(each, ", "))
}

// completionTimeout is how long the shell waits for names.
const completionTimeout = time.Second

// completeFrom returns a completion of what a running flowrun knows: lines of a
// word, a tab and what it stands for. If nothing runs there is none.
func (f *clientFlags) completeFrom(list func(context.Context, *client) ([]string, error), once bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if once && len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := f.client()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		ctx, cancel := context.WithTimeout(context.Background(), completionTimeout)
		defer cancel()
		words, err := list(ctx, c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return slices.DeleteFunc(words, func(word string) bool { return strings.ContainsFunc(word, isControl) }),
			cobra.ShellCompDirectiveNoFileComp
	}
}

func isControl(r rune) bool { return r < ' ' && r != '\t' }

// nodeWords are completions of node ids.
func nodeWords(wanted func(remoteNode) bool) func(context.Context, *client) ([]string, error) {
	return func(ctx context.Context, c *client) ([]string, error) {
		nodes, err := c.nodes(ctx)
		var words []string
		for _, n := range nodes.that(wanted) {
			words = append(words, n.id+"\t"+strings.TrimSpace(n.typ+" "+n.name))
		}
		return words, err
	}
}
