package graph

import (
	"regexp"
	"strings"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

// Look is how a node looks in the editor, for pages that draw flows by themselves.
type Look struct {
	Colour string // as CSS has it
	Icon   string // the d of an SVG path in a field of 30 by 30 pixels, for a white line
	Label  string // its name, or what says most of it
}

// Looks calls look for each node of the flows, in their order.
func Looks(f *flowfile.Flows, look func(*flowfile.Node, Look)) {
	d := drawer{flows: f}
	for _, n := range f.Nodes {
		l := d.lookOf(n)
		look(n, Look{Colour: l.colour, Icon: icons[l.icon], Label: d.labelOf(n)})
	}
}

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
