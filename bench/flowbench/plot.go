package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

// plot is a picture of horizontal bars: a group for each label, with a bar for
// each of the series.
type plot struct {
	title  string
	series []string
	groups []group
}

type group struct {
	label string
	bars  []float64 // one for each of the series; NaN is left out
	mark  float64   // a line across the bars, NaN for none
}

const (
	plotWidth   = 900
	labelWidth  = 360
	rightMargin = 60 // for the number behind the longest bar
	numberWidth = 40
	barHeight   = 14
	groupGap    = 12
	plotTop     = 64
)

// seriesColors tell the series apart, also for those who see few colours: they
// differ in lightness.
var seriesColors = []string{"#2563a8", "#e08a2c", "#9aa3ad"}

// svg draws the plot.
func (p plot) svg() string {
	most := 0.0
	for _, g := range p.groups {
		for _, v := range append(slices.Clone(g.bars), g.mark) {
			if !math.IsNaN(v) {
				most = max(most, v)
			}
		}
	}
	scale := (plotWidth - labelWidth - rightMargin) / max(most, 1e-9)
	var body strings.Builder
	y := plotTop
	for _, g := range p.groups {
		y = g.draw(&body, y, scale) + groupGap
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" fill="#1f2933">`+"\n", plotWidth, y)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	fmt.Fprintf(&b, `<text x="12" y="24" font-size="16" font-weight="bold">%s</text>`+"\n", escape(p.title))
	b.WriteString(p.legend())
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	return b.String()
}

// draw adds the group at y and returns where it ends.
func (g group) draw(b *strings.Builder, y int, scale float64) int {
	top := y
	for i, v := range g.bars {
		if math.IsNaN(v) {
			continue
		}
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", labelWidth, y, v*scale, barHeight-2, seriesColors[i%len(seriesColors)])
		end := v * scale
		if mark := g.mark * scale; mark >= end && mark < end+numberWidth {
			end = mark // the number stands behind the line, not under it
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%d" font-size="11">%s</text>`+"\n", labelWidth+end+6, y+barHeight-4, number(v))
		y += barHeight
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", labelWidth-10, (top+y)/2+4, escape(g.label))
	if !math.IsNaN(g.mark) {
		x := labelWidth + g.mark*scale
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#c0262d" stroke-width="2"/>`+"\n", x, x, top-4, y+2)
	}
	return y
}

// legend explains the colours and the line.
func (p plot) legend() string {
	var b strings.Builder
	x := 12
	for i, name := range p.series {
		fmt.Fprintf(&b, `<rect x="%d" y="38" width="12" height="12" fill="%s"/><text x="%d" y="48">%s</text>`+"\n", x, seriesColors[i%len(seriesColors)], x+18, escape(name))
		x += 40 + 8*len(name)
	}
	if slices.ContainsFunc(p.groups, func(g group) bool { return !math.IsNaN(g.mark) }) {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="36" y2="52" stroke="#c0262d" stroke-width="2"/><text x="%d" y="48">target</text>`+"\n", x, x, x+8)
	}
	return b.String()
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}

// ratioPlot shows how many times its baseline each row uses.
func ratioPlot(rows []row) plot {
	p := plot{title: "How many times the plain Go server's cost (flat: flowrun's own small case)", series: []string{"flowrun", "Node-RED"}}
	peers := false
	for _, r := range rows {
		t, ok := targetOf(r.part, r.load)
		if !ok || !t.ratio {
			continue
		}
		peers = peers || len(r.peer) > 0
		p.groups = append(p.groups, group{r.label(), []float64{r.ratio(r.flowrun), r.ratio(r.peer)}, t.most})
	}
	if !peers {
		p.series = p.series[:1]
	}
	return p
}

// costPlot shows the CPU time of messages.
func costPlot(rows []row) plot {
	p := plot{title: "CPU time of a message, in microseconds", series: []string{"flowrun", "Node-RED", "plain Go server"}}
	for _, r := range rows {
		if r.unit == cpuUnit && !strings.HasPrefix(r.part, "flat") {
			p.groups = append(p.groups, group{r.label(), []float64{median(r.flowrun), median(r.peer), median(r.baseline)}, math.NaN()})
		}
	}
	return p
}
