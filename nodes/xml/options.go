package xml

import "github.com/flowrun/flowrun/flow"

// readOptions are xml2js's options for reading, with its names.
type readOptions struct {
	attrKey, charKey, childKey      string
	explicitArray, explicitRoot     bool
	explicitCharKey, explicitChilds bool
	mergeAttrs, ignoreAttrs         bool
	trim, normalize, normalizeTags  bool
	emptyTag                        flow.Value // "" is the element's white space
}

// readOptions returns the options of a message, which the node's own come before.
func (n *Node) readOptions(given *flow.Object) readOptions {
	o := lookup{given}
	return readOptions{
		attrKey:         first(n.AttrKey, o.text("attrkey", ""), "$"),
		charKey:         first(n.CharKey, o.text("charkey", ""), "_"),
		childKey:        o.text("childkey", "$$"),
		explicitArray:   o.flag("explicitArray", true),
		explicitRoot:    o.flag("explicitRoot", true),
		explicitCharKey: o.flag("explicitCharkey", false),
		explicitChilds:  o.flag("explicitChildren", false),
		mergeAttrs:      o.flag("mergeAttrs", false),
		ignoreAttrs:     o.flag("ignoreAttrs", false),
		trim:            o.flag("trim", false),
		normalize:       o.flag("normalize", false),
		normalizeTags:   o.flag("normalizeTags", false),
		emptyTag:        o.value("emptyTag", ""),
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// writeOptions are xml2js's options for writing.
type writeOptions struct {
	rootName, attrKey, charKey string
	headless, cdata            bool
	version                    string
	encoding, standalone       string // empty to leave out
	publicID, systemID         string // of the document type; empty to leave out
	render                     renderOptions
}

// renderOptions are xmlbuilder's options for the layout.
type renderOptions struct {
	pretty, allowEmpty  bool
	indent, newline     string
	offset              int
	spaceBeforeSlash    string
	dontPrettyTextNodes bool
}

const defaultRootName = "root"

func writeOptionsOf(given *flow.Object) writeOptions {
	o := lookup{given}
	declaration := lookup{flow.NewObject("version", "1.0", "encoding", "UTF-8", "standalone", true)}
	if v, has := o.get("xmldec"); has {
		declaration.o, _ = v.(*flow.Object)
	}
	w := writeOptions{
		rootName: o.text("rootName", defaultRootName),
		attrKey:  o.text("attrkey", "$"),
		charKey:  o.text("charkey", "_"),
		headless: o.flag("headless", false),
		cdata:    o.flag("cdata", false),
		version:  first(declaration.text("version", ""), "1.0"),
		encoding: declaration.text("encoding", ""),
	}
	if _, has := declaration.get("standalone"); has {
		w.standalone = "no"
		if declaration.flag("standalone", false) {
			w.standalone = "yes"
		}
	}
	docType, _ := o.value("doctype", nil).(*flow.Object)
	w.publicID, w.systemID = lookup{docType}.text("pubID", ""), lookup{docType}.text("sysID", "")
	layout, has := o.value("renderOpts", nil).(*flow.Object)
	r := lookup{layout}
	w.render = renderOptions{
		pretty:              r.flag("pretty", !has),
		allowEmpty:          r.flag("allowEmpty", false),
		indent:              r.text("indent", "  "),
		newline:             r.text("newline", "\n"),
		offset:              int(flow.Number(r.value("offset", 0.0))),
		dontPrettyTextNodes: r.flag("dontPrettyTextNodes", r.flag("dontprettytextnodes", false)),
	}
	switch v := r.value("spaceBeforeSlash", r.value("spacebeforeslash", "")).(type) {
	case string:
		w.render.spaceBeforeSlash = v
	case bool:
		if v {
			w.render.spaceBeforeSlash = " "
		}
	}
	return w
}

// lookup reads options from an object that may be nil.
type lookup struct{ o *flow.Object }

// get returns an option and whether it is there and not null.
func (l lookup) get(key string) (flow.Value, bool) {
	if l.o == nil {
		return nil, false
	}
	v := l.o.Get(key)
	switch v.(type) {
	case nil, flow.Null:
		return nil, false
	}
	return v, true
}

func (l lookup) value(key string, byDefault flow.Value) flow.Value {
	if l.o != nil {
		if v, has := l.o.Lookup(key); has && v != nil {
			return v
		}
	}
	return byDefault
}

func (l lookup) text(key, byDefault string) string {
	if v, has := l.get(key); has {
		return flow.Text(v)
	}
	return byDefault
}

func (l lookup) flag(key string, byDefault bool) bool {
	if v, has := l.get(key); has {
		return flow.Truthy(v)
	}
	return byDefault
}
