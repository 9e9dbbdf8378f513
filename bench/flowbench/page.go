package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/flowrun/flowrun/internal/page"
)

// sectionName is the name of the section of a page that has the results.
const sectionName = "bench"

// report is what a run says on a page.
type report struct {
	rows    []row
	command string
	nodeRED *nodeRED
	profile []profiled
}

// writeTo replaces the section of the Markdown page, and draws the plots in a
// folder next to it that is called like the page.
func (r report) writeTo(file string) error {
	folder := strings.TrimSuffix(file, filepath.Ext(file))
	if err := page.Write(file, sectionName, r.section(filepath.Base(folder))); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, p := range r.plots() {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(p.svg()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (r report) plots() map[string]plot {
	return map[string]plot{"ratios.svg": ratioPlot(r.rows), "cost.svg": costPlot(r.rows)}
}

// section returns the results as Markdown.
func (r report) section(folder string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %s, %d cores, %s, %s/%s", time.Now().Format(time.DateOnly), cpuModel(), runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if r.nodeRED != nil {
		fmt.Fprintf(&b, ", Node-RED %s", r.nodeRED.version)
	}
	fmt.Fprintf(&b, "; `%s`\n\n%s\n", r.command, markdown(r.rows))
	fmt.Fprintf(&b, "![ratios to the plain server](%s/ratios.svg)\n\n![CPU time of a message](%s/cost.svg)\n\n", folder, folder)
	b.WriteString("### Targets that are not met\n\n" + missed(r.rows))
	if len(r.profile) > 0 {
		b.WriteString("\n### Where the time goes\n\n" + profileTable(r.profile))
	}
	return b.String()
}

// missed lists the rows beyond their targets, with their distance.
func missed(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		share, ok := r.used()
		if !ok || share <= 1 {
			continue
		}
		t, _ := targetOf(r.part, r.load)
		got, unit := median(r.flowrun), " "+r.unit
		if t.ratio {
			got, unit = r.ratio(r.flowrun), " times its baseline"
		}
		fmt.Fprintf(&b, "- %s: %s%s, target %s (%.0f %% too much)\n", r.label(), number(got), unit, number(t.most), (share-1)*100)
	}
	if b.Len() == 0 {
		return "None.\n"
	}
	return b.String()
}

// label names the row in a list or a plot.
func (r row) label() string {
	if r.load == "" {
		return r.part
	}
	return r.part + ", " + r.load
}

// cpuModel returns the name of the processor where the system tells it.
func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
