package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowrun/flowrun/flowfile"
)

// annotate prints a workflow command, which GitHub shows beside a line of a
// change: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
// The title may be empty.
func annotate(w io.Writer, severity string, at flowfile.Pos, title, message string) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	place := "file=" + property.Replace(at.File)
	if at.Line > 0 {
		place += fmt.Sprintf(",line=%d", at.Line)
	}
	if at.Column > 0 {
		place += fmt.Sprintf(",col=%d", at.Column)
	}
	if title != "" {
		place += ",title=" + property.Replace(title)
	}
	_, err := fmt.Fprintf(w, "::%s %s::%s\n", severity, place, data.Replace(message))
	return err
}
