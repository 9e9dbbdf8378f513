//go:build unix

package conformance

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// TestScenarios runs every scenario and compares it with its transcript; see the
// package comment.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("scenarios wait for what they drive: a minute or so")
	}
	binary := flowrunBinary(t)
	differences := loadDifferences(t)
	ports := newPortPool()
	var results results
	names := scenarioNames(t)
	t.Cleanup(func() { // when all of them are done
		if *update {
			updateDifferences(t, differences)
		}
		if *table != "" {
			results.write(t, *table, len(names))
		}
	})
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() { results.add(t, name, declared(differences, name)) }()
			got := runScenario(t, name, binary, ports)
			found := diff(loadTranscript(t, name), got, ignoredKeys)
			d := declared(differences, name)
			if *update && d != nil {
				d.setExpected(found)
			}
			if problems := judge(found, d); problems != "" {
				t.Errorf("%s differs from its transcript (-) or from what is declared (-):\n%s", name, problems)
			}
		})
	}
}

// flowrunBinary builds flowrun, or returns the one that FLOWRUN_BIN names.
func flowrunBinary(t *testing.T) string {
	t.Helper()
	if binary := os.Getenv("FLOWRUN_BIN"); binary != "" {
		return binary
	}
	binary := filepath.Join(t.TempDir(), "flowrun")
	if output, err := exec.Command("go", "build", "-o", binary, "../cmd/flowrun").CombinedOutput(); err != nil {
		t.Fatalf("building flowrun: %v\n%s", err, output)
	}
	return binary
}

// runScenario runs a scenario here or in a namespace and returns its transcript.
// It skips what cannot run.
func runScenario(t *testing.T, name, binary string, ports *portPool) *flow.Object {
	t.Helper()
	taken := ports.take(t, 1+scenarioPorts)
	r := runner{name: name, binary: binary, dir: t.TempDir(), adminPort: taken[0], ports: newPortMap(taken[1:])}
	s, err := loadScenario(name, r.ports)
	if err != nil {
		t.Fatal(err)
	}
	var transcript *flow.Object
	if slices.Contains(s.Requires, "netns") {
		transcript, err = r.runInNamespace(t.Context())
		if errors.Is(err, errNoNamespace) {
			t.Skip(err)
		}
	} else {
		transcript, err = r.run(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

// runner runs one scenario.
type runner struct {
	name, binary string
	dir          string // for its files
	adminPort    int
	ports        portMap
}

// run runs the scenario in this process's network.
func (r runner) run(ctx context.Context) (*flow.Object, error) {
	s, err := loadScenario(r.name, r.ports)
	if err != nil {
		return nil, err
	}
	o, err := newDriver(s, r.binary, r.dir, r.adminPort).run(ctx)
	if err != nil {
		return nil, err
	}
	return o.normalise(r.ports), nil
}

// runInNamespace runs the scenario in a network of its own.
func (r runner) runInNamespace(ctx context.Context) (*flow.Object, error) {
	err := runInNamespace(ctx, []string{childScenario + "=" + r.name, childBinary + "=" + r.binary, childDir + "=" + r.dir})
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(childTranscript(r.dir))
	if err != nil {
		return nil, err
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		return nil, err
	}
	return v.(*flow.Object), nil
}
