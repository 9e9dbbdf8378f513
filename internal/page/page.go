// Package page fills the parts of documentation that programs write.
package page

import (
	"bytes"
	"fmt"
	"os"
)

// Replace returns a page with another text in a section, which stands between
// two lines of its own, <!-- name:start --> and <!-- name:end -->.
func Replace(page []byte, name, text string) ([]byte, error) {
	start, end := "<!-- "+name+":start -->", "<!-- "+name+":end -->"
	before, rest, ok := bytes.Cut(page, []byte(start))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return nil, fmt.Errorf("the page lacks the lines %s and %s", start, end)
	}
	return fmt.Appendf(nil, "%s%s\n%s\n%s%s", before, start, text, end, after), nil
}

// Write replaces the text of a section in a file.
func Write(file, name, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed, err := Replace(old, name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, changed, 0o644)
}
