// Package mustache renders templates as mustache.js does, which Node-RED uses
// wherever a node has a template: variables with and without escaping,
// sections, inverted sections, comments and set delimiters. A partial is
// nothing, because there is none to be had; values are never functions, so there
// are no lambdas.
//
// It follows the mustache specification (github.com/mustache/spec). As in
// mustache.js, the tags that stand on a line without anything else are removed
// with that line even if there are several of them, and a name with dots that
// the innermost view cannot resolve to its end is looked up in the outer ones.
package mustache

import (
	"math"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// Template is a parsed template. It is safe for concurrent use.
type Template struct{ tokens []token }

// Context says what the names in a template mean.
type Context struct {
	// View is the value whose properties the names are.
	View flow.Value
	// Missing returns the value of a name that no view has; it may be nil.
	Missing func(name string) (flow.Value, error)
	// Filter changes text that a name outside of sections stands for, before it
	// is escaped; it may be nil.
	Filter func(text string) string
}

// Render returns the template's text in a context. Only errors of
// Context.Missing are returned.
func (t *Template) Render(c Context) (string, error) {
	r := renderer{Context: c}
	err := r.render(t.tokens, &scope{view: c.View})
	return r.out.String(), err
}

type renderer struct {
	Context
	out strings.Builder
}

func (r *renderer) render(tokens []token, s *scope) error {
	for i := range tokens {
		t := &tokens[i]
		if t.kind == literal {
			r.out.WriteString(t.text)
			continue
		}
		v, err := r.lookup(t.text, s)
		if err != nil {
			return err
		}
		switch t.kind {
		case escaped:
			if isSet(v) {
				r.out.WriteString(htmlEscaper.Replace(text(v)))
			}
		case unescaped:
			if isSet(v) {
				r.out.WriteString(text(v))
			}
		case section:
			err = r.section(t.inner, v, s)
		case inverted:
			if list, isList := v.(flow.Array); !flow.Truthy(v) || isList && len(list) == 0 {
				err = r.render(t.inner, s)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// section renders what stands inside of a section: once for each item of a
// list, not at all for what is false, else once.
func (r *renderer) section(inner []token, v flow.Value, s *scope) error {
	switch v := v.(type) {
	case flow.Array:
		for _, item := range v {
			if err := r.render(inner, &scope{view: item, outer: s}); err != nil {
				return err
			}
		}
		return nil
	case bool:
		if v {
			return r.render(inner, s)
		}
		return nil
	}
	if !flow.Truthy(v) {
		return nil
	}
	return r.render(inner, &scope{view: v, outer: s})
}

func (r *renderer) lookup(name string, s *scope) (flow.Value, error) {
	v := s.lookup(name)
	if v == nil && r.Missing != nil {
		return r.Missing(name)
	}
	if text, isText := v.(string); isText && r.Filter != nil && s.outer == nil {
		v = r.Filter(text)
	}
	return v, nil
}

func isSet(v flow.Value) bool {
	_, isNull := v.(flow.Null)
	return v != nil && !isNull
}

// htmlEscaper replaces the characters that mustache.js replaces.
var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "/", "&#x2F;", "`", "&#x60;", "=", "&#x3D;")

// scope is a view and those around it.
type scope struct {
	view  flow.Value
	outer *scope
}

// lookup returns what a name means: a property of the innermost view that has
// it. A dot is the view itself.
func (s *scope) lookup(name string) flow.Value {
	if name == "." {
		return s.view
	}
	for ; s != nil; s = s.outer {
		if v, ok := resolve(s.view, name); ok {
			return v
		}
	}
	return nil
}

func resolve(view flow.Value, name string) (flow.Value, bool) {
	if strings.IndexByte(name, '.') <= 0 {
		if _, isText := view.(string); isText {
			return nil, false // the properties of text have to be asked for by its name
		}
		return property(view, name)
	}
	for key := range strings.SplitSeq(name, ".") {
		v, ok := property(view, key)
		if !ok {
			return nil, false
		}
		view = v
	}
	return view, true
}

func property(v flow.Value, key string) (flow.Value, bool) {
	if o, ok := v.(*flow.Object); ok {
		return o.Lookup(key)
	}
	item, err := flow.Path{{Key: key, IsKey: true}}.Of(v)
	return item, err == nil && item != nil
}

// text is a value in a text. A date is as Date.prototype.toString has it, but for
// the short name of the time zone.
func text(v flow.Value) string {
	if d, ok := v.(flow.Date); ok && !math.IsNaN(float64(d)) {
		return d.Time().Local().Format("Mon Jan 02 2006 15:04:05 GMT-0700 (MST)")
	}
	return flow.Text(v)
}
