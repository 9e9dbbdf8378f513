package nodes_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/page"
	"github.com/flowrun/flowrun/nodes"
)

var update = flag.Bool("update", false, "write the differences into docs/compatibility.md")

// TestDifferencesPage keeps the table of docs/compatibility.md as the node types
// have it; with -update it writes it.
func TestDifferencesPage(t *testing.T) {
	const file = "../docs/compatibility.md"
	registry, err := nodes.Catalog(nodes.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	table := differencesTable(registry.Types())
	if *update {
		if err := page.Write(file, "differences", table); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := page.Replace(text, "differences", table)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, want) {
		t.Error("docs/compatibility.md is old, run make docs")
	}
}

func differencesTable(types []flow.Type) string {
	var b strings.Builder
	var same []string
	b.WriteString("\n| node | what differs |\n|---|---|\n")
	for _, typ := range types {
		link := fmt.Sprintf("[%s](nodes.md#%s)", typ.Name, strings.ReplaceAll(typ.Name, " ", "-"))
		if len(typ.Differences) == 0 {
			same = append(same, link)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s |\n", link, strings.ReplaceAll(strings.Join(typ.Differences, " "), "|", `\|`))
	}
	fmt.Fprintf(&b, "\nNo difference is known of %s.\n", strings.Join(same, ", "))
	return b.String()
}
