package nodes_test

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/nodes"
)

// TestCatalogIsDocumented keeps the generated reference complete.
func TestCatalogIsDocumented(t *testing.T) {
	registry, err := nodes.Catalog(nodes.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	types := registry.Types()
	if len(types) == 0 {
		t.Fatal("the catalog is empty")
	}
	for _, typ := range types {
		if typ.Category == "" || typ.Summary == "" {
			t.Errorf("%s: has category %q and summary %q", typ.Name, typ.Category, typ.Summary)
		}
		if typ.Outputs > 0 && len(typ.OutputDocs) == 0 && typ.Notes == "" {
			t.Errorf("%s: does not document its outputs", typ.Name)
		}
		for _, f := range typ.Fields {
			if f.Doc == "" {
				t.Errorf("%s: property %s has no documentation", typ.Name, f.Name)
			}
			if _, err := flow.ParseJSON([]byte(f.Default)); err != nil {
				t.Errorf("%s: property %s has the default %q: %v", typ.Name, f.Name, f.Default, err)
			}
		}
	}
}

func TestStubDropsMessages(t *testing.T) {
	typ := nodes.Stub("blinker")
	n, err := typ.New(flow.NewObject("any", "thing"), flow.Env{})
	if err != nil || typ.Name != "blinker" || typ.Inputs != 1 {
		t.Fatalf("Stub gives %s with %d inputs, %v", typ.Name, typ.Inputs, err)
	}
	if err := n.Handle(flow.NewMessage(), flow.NewOutlet(nil, nil, nil)); err != nil {
		t.Error(err)
	}
}
