package flowfile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowrun/flowrun/flow"
)

// addFiles adds the flow files of testdata as seeds: text, and whether it is YAML.
func addFiles(f *testing.F) {
	paths, err := filepath.Glob("../testdata/flowfile/*")
	if err != nil || len(paths) == 0 {
		f.Fatal("there are no files:", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		files := []txtar.File{{Name: path, Data: text}}
		if filepath.Ext(path) == ".txtar" {
			files = txtar.Parse(text).Files
		}
		for _, file := range files {
			if file.Name != "problems" {
				f.Add(file.Data, filepath.Ext(file.Name) != ".json")
			}
		}
	}
}

func fileName(isYAML bool) string {
	if isYAML {
		return "x.yaml"
	}
	return "x.json"
}

func FuzzParse(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, text []byte, isYAML bool) {
		flows, problems := Parse(fileName(isYAML), text)
		_ = flows.Check(func(string) bool { return false })
		running := flows.SplitCredentials(nil).Expand()
		env, _ := NewEnv(running, EnvOptions{})
		for _, n := range running.Nodes {
			Substitute(n.Props, env.Lookup(n))
		}
		if !problems.HasErrors() {
			checkRoundTrips(t, flows)
		}
	})
}

// FuzzFormat checks that formatting twice is formatting once. That the result
// says the same, Format checks itself.
func FuzzFormat(f *testing.F) {
	addFiles(f)
	f.Fuzz(func(t *testing.T, text []byte, isYAML bool) {
		name := fileName(isYAML)
		once, _ := Format(name, text)
		if once == nil {
			return
		}
		if twice := formatted(t, name, once); !bytes.Equal(once, twice) {
			t.Fatalf("%q\nbecomes\n%s\nand then\n%s", text, once, twice)
		}
	})
}

func FuzzSubstitute(f *testing.F) {
	f.Add(`{"port":"${PORT}"}`, "PORT", `7777`)
	f.Add(`{"a":["$(X)",{"b":"${X}"}],"id":"${X}"}`, "X", `{"c":"${X}"}`)
	f.Add(`{"a":"x${X}y"}`, "X", `null`)
	f.Fuzz(func(t *testing.T, text, name, value string) {
		v, err := flow.ParseJSON([]byte(text))
		props, ok := v.(*flow.Object)
		if err != nil || !ok {
			return
		}
		with, err := flow.ParseJSON([]byte(value))
		if err != nil {
			return
		}
		lookup := func(n string) (flow.Value, bool) { return with, n == name }
		before := flow.JSON(props)
		result := Substitute(props, lookup)
		if after := flow.JSON(props); after != before {
			t.Fatalf("the properties were changed: %s became %s", before, after)
		}
		if result.Len() != props.Len() {
			t.Fatalf("%s became %s", before, flow.JSON(result))
		}
		if none := Substitute(props, func(string) (flow.Value, bool) { return nil, false }); none != props {
			t.Fatal("properties without variables were copied")
		}
		Expand(text, lookup)
	})
}
