package graph

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// look is how nodes of a type look in the editor.
type look struct {
	colour  string
	icon    string // in icons
	right   bool   // icon at the right, as nodes have it that end a flow
	button  bool
	pressed string // property that says whether the button is in; empty: it is always
}

// The colours that several types of Node-RED share.
const (
	yellow  = "#e2d96e"
	ochre   = "#debd5c"
	silver  = "#c0c0c0"
	wood    = "#deb887"
	lilac   = "#e6e0f8"
	grey    = "#dddddd"
	straw   = "#e7e7ae"
	sand    = "#d7d7a0"
	thistle = "#d8bfd8"
	clay    = "#ddaa99" // of subflows
	unknown = "#eeeeee"
)

// looks are those of Node-RED's own nodes and of flowrun's.
var looks = map[string]look{
	"inject":         {colour: "#a6bbcf", icon: "inject", button: true},
	"debug":          {colour: "#87a980", icon: "debug", right: true, button: true, pressed: "active"},
	"complete":       {colour: "#c0edc0", icon: "alert"},
	"catch":          {colour: "#e49191", icon: "alert"},
	"status":         {colour: "#94c1d0", icon: "status"},
	"link in":        {colour: grey, icon: "link in"},
	"link out":       {colour: grey, icon: "link out", right: true},
	"link call":      {colour: grey, icon: "link call"},
	"comment":        {colour: "#ffffff", icon: "comment"},
	"unknown":        {colour: "#ffeeee"},
	"function":       {colour: "#fdd0a2", icon: "function"},
	"switch":         {colour: yellow, icon: "switch"},
	"change":         {colour: yellow, icon: "change"},
	"range":          {colour: yellow, icon: "range"},
	"rbe":            {colour: yellow, icon: "rbe"},
	"template":       {colour: "#f3b567", icon: "template"},
	"delay":          {colour: lilac, icon: "delay"},
	"trigger":        {colour: lilac, icon: "trigger"},
	"exec":           {colour: "#e9967a", icon: "cog"},
	"split":          {colour: yellow, icon: "split"},
	"join":           {colour: yellow, icon: "join"},
	"sort":           {colour: yellow, icon: "sort"},
	"batch":          {colour: yellow, icon: "batch"},
	"csv":            {colour: ochre, icon: "csv"},
	"html":           {colour: ochre, icon: "tags"},
	"json":           {colour: ochre, icon: "braces"},
	"xml":            {colour: ochre, icon: "tags"},
	"yaml":           {colour: ochre, icon: "lines"},
	"file":           {colour: wood, icon: "file"},
	"file in":        {colour: wood, icon: "file"},
	"watch":          {colour: wood, icon: "watch"},
	"tcp in":         {colour: silver, icon: "bridge"},
	"tcp out":        {colour: silver, icon: "bridge", right: true},
	"tcp request":    {colour: silver, icon: "bridge"},
	"udp in":         {colour: silver, icon: "bridge"},
	"udp out":        {colour: silver, icon: "bridge", right: true},
	"tcp-listen":     {colour: silver, icon: "bridge"},
	"tcp-connect":    {colour: silver, icon: "bridge"},
	"tcp-send":       {colour: silver, icon: "bridge"},
	"tcp-disconnect": {colour: silver, icon: "bridge"},
	"udp-in":         {colour: silver, icon: "bridge"},
	"udp-out":        {colour: silver, icon: "bridge"},
	"mqtt in":        {colour: thistle, icon: "bridge"},
	"mqtt out":       {colour: thistle, icon: "bridge", right: true},
	"http in":        {colour: straw, icon: "globe"},
	"http request":   {colour: straw, icon: "globe"},
	"http response":  {colour: straw, icon: "globe", right: true},
	"websocket in":   {colour: sand, icon: "globe"},
	"websocket out":  {colour: sand, icon: "globe", right: true},
	instanceType:     {colour: clay, icon: "subflow"},
}

// lookOf returns how a node looks.
func (d *drawer) lookOf(n *flowfile.Node) look {
	if strings.HasPrefix(n.Type, instanceType) {
		l := looks[instanceType]
		if def := d.definitionOf(n); def != nil {
			l.colour = colourOf(def.Props.Get("color"), l.colour)
		}
		return l
	}
	if l, known := looks[n.Type]; known {
		return l
	}
	return look{colour: unknown, icon: "arrow"}
}

// colourPattern is what is taken for a colour: a file must not bring in more
// than that, such as a url(…).
var colourPattern = regexp.MustCompile(`^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,30}|(rgb|rgba|hsl|hsla)\([0-9., %]+\))$`)

// colourOf returns a colour that a file has, or else another.
func colourOf(v flow.Value, other string) string {
	if s, ok := v.(string); ok && colourPattern.MatchString(s) {
		return s
	}
	return other
}

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
	case "change":
		return changeLabel(n)
	case "delay":
		if kind := text(n, "pauseType"); kind == "" || kind == "delay" {
			unit := cmp.Or(text(n, "timeoutUnits"), "seconds")
			if unit == "milliseconds" {
				return "delay " + text(n, "timeout") + "ms"
			}
			return "delay " + text(n, "timeout") + unit[:1]
		}
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
	}
	if def := d.definitionOf(n); def != nil {
		return cmp.Or(def.Name, "subflow")
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
