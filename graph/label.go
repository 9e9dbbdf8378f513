package graph

import (
	"cmp"
	"strconv"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// maxLabel is how many characters of a label are drawn.
const maxLabel = 80

// labelOf returns what a node is called in the editor: its name, or what says
// most of it.
func (d *drawer) labelOf(n *flowfile.Node) string {
	label := cmp.Or(n.Name, d.defaultLabel(n), n.Type)
	if n.Type == "inject" {
		label += injectMark(n)
	}
	if runes := []rune(label); len(runes) > maxLabel {
		return string(runes[:maxLabel-1]) + "…"
	}
	return label
}

// injectMark says when an inject node sends by itself.
func injectMark(n *flowfile.Node) string {
	switch {
	case text(n, "crontab") != "", text(n, "repeat") != "" && text(n, "repeat") != "0":
		return " ↻"
	case n.Props.Get("once") == true:
		return " ¹"
	}
	return ""
}

// defaultLabel is the label of a node without a name; empty for its type.
func (d *drawer) defaultLabel(n *flowfile.Node) string {
	switch n.Type {
	case "inject":
		return injectLabel(n)
	case "debug":
		switch complete := text(n, "complete"); complete {
		case "", "false":
			return "msg.payload"
		case "true":
			return "msg"
		default:
			return "msg." + complete
		}
	case "catch":
		if n.Props.Get("scope") == nil && n.Props.Get("uncaught") == true {
			return "catch: uncaught"
		}
		return "catch: " + scopeLabel(n)
	case "status":
		return "status: " + scopeLabel(n)
	case "complete":
		list, _ := n.Props.Get("scope").(flow.Array)
		return "complete: " + strconv.Itoa(len(list))
	case "change":
		return changeLabel(n)
	case "delay":
		return delayLabel(n)
	case "rbe":
		return "filter"
	case "file", "file in":
		return text(n, "filename")
	case "http in":
		if url := text(n, "url"); url != "" {
			return "[" + text(n, "method") + "] " + url
		}
		return "http"
	case "http response":
		return "http"
	case "mqtt in", "mqtt out":
		return cmp.Or(text(n, "topic"), "mqtt")
	case "tcp in", "tcp out":
		if port := text(n, "port"); port != "" {
			return "tcp:" + port
		}
	case "tcp-listen", "udp-in":
		if port := text(n, "port"); port != "" {
			return n.Type + " :" + port
		}
	case "tcp-connect", "udp-out":
		if port := text(n, "port"); port != "" {
			return n.Type + " " + text(n, "host") + ":" + port
		}
	}
	if def := d.definitionOf(n); def != nil {
		return cmp.Or(def.Name, "subflow")
	}
	return ""
}

// scopeLabel says which nodes a catch or status node listens to.
func scopeLabel(n *flowfile.Node) string {
	switch scope := n.Props.Get("scope").(type) {
	case flow.Array:
		return strconv.Itoa(len(scope))
	case string:
		return cmp.Or(scope, "all")
	}
	return "all"
}

// delayLabel says how long a delay node holds messages back, or how many it lets
// pass.
func delayLabel(n *flowfile.Node) string {
	switch text(n, "pauseType") {
	case "", "delay":
		unit := cmp.Or(text(n, "timeoutUnits"), "seconds")
		if unit == "milliseconds" {
			return "delay " + text(n, "timeout") + "ms"
		}
		return "delay " + text(n, "timeout") + unit[:1]
	case "rate":
		return "limit " + cmp.Or(text(n, "rate"), "1") + " msg/" + cmp.Or(text(n, "rateUnits"), "second")[:1]
	}
	return ""
}

// injectLabel says what an inject node sends.
func injectLabel(n *flowfile.Node) string {
	typ, payload := text(n, "payloadType"), text(n, "payload")
	props, _ := n.Props.Get("props").(flow.Array)
	for _, p := range props {
		if o, ok := p.(*flow.Object); ok && o.Get("p") == "payload" && o.Get("vt") != nil {
			typ = flow.Text(o.Get("vt"))
			if v := o.Get("v"); v != nil {
				payload = flow.Text(v)
			}
		}
	}
	switch {
	case typ == "date" || typ == "" && payload == "":
		return "timestamp"
	case (typ == "flow" || typ == "global") && payload != "":
		return typ + "." + payload
	case payload != "" && len(payload) < 30:
		return payload
	}
	return cmp.Or(text(n, "topic"), "inject")
}

// changeLabel says what a change node with one rule does.
func changeLabel(n *flowfile.Node) string {
	rules, _ := n.Props.Get("rules").(flow.Array)
	if len(rules) != 1 {
		if len(rules) == 0 {
			return ""
		}
		return "change: " + flow.Text(float64(len(rules))) + " rules"
	}
	rule, ok := rules[0].(*flow.Object)
	if !ok {
		return ""
	}
	verbs := map[string]string{"set": "set", "change": "change", "delete": "delete", "move": "move"}
	verb := verbs[flow.Text(rule.Get("t"))]
	if verb == "" {
		return ""
	}
	scope := "msg"
	if s, ok := rule.Get("pt").(string); ok {
		scope = s
	}
	return verb + " " + scope + "." + flow.Text(rule.Get("p"))
}

// text returns a property as text, empty if there is none.
func text(n *flowfile.Node, key string) string {
	switch v := n.Props.Get(key).(type) {
	case string, float64, bool:
		return flow.Text(v)
	}
	return ""
}
