//go:build unix

package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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
	var results results
	suite := suite{binary: binary, types: nodeTypes(t, binary), ports: newPortPool(), results: &results}
	differences := loadDifferences(t)
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
			got := suite.run(t, name)
			found := diff(loadTranscript(t, name), got, ignoredKeys)
			d := declared(differences, name)
			if *update && d != nil {
				d.setExpected(found)
			}
			problems := judge(found, d)
			if problems != "" {
				t.Errorf("%s differs from its transcript (-) or from what is declared (-):\n%s", name, problems)
			}
		})
	}
}

// flowrunBinary builds flowrun, or returns the one that FLOWRUN_BIN names.
func flowrunBinary(t *testing.T) string {
	t.Helper()
	if binary := os.Getenv("FLOWRUN_BIN"); binary != "" {
		binary, err := filepath.Abs(binary) // scenarios run in folders of their own
		if err != nil {
			t.Fatal(err)
		}
		return binary
	}
	binary := filepath.Join(t.TempDir(), "flowrun")
	if output, err := exec.Command("go", "build", "-o", binary, "../cmd/flowrun").CombinedOutput(); err != nil {
		t.Fatalf("building flowrun: %v\n%s", err, output)
	}
	return binary
}

// nodeTypes asks the binary which node types it has.
func nodeTypes(t *testing.T, binary string) []string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), binary, "nodes", "--names").Output()
	if err != nil {
		t.Fatalf("asking flowrun for its node types: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(output)), "\n")
}

// suite is what the scenarios share.
type suite struct {
	binary  string
	types   []string // that the binary has
	ports   *portPool
	results *results
}

// run runs a scenario here or in a namespace and returns its transcript. It
// skips what cannot run.
func (su suite) run(t *testing.T, name string) *flow.Object {
	t.Helper()
	taken := su.ports.take(t, 1+scenarioPorts)
	r := runner{name: name, binary: su.binary, dir: t.TempDir(), adminPort: taken[0], ports: newPortMap(taken[1:])}
	s, err := loadScenario(name, r.ports)
	if err != nil {
		t.Fatal(err)
	}
	if missing, err := s.missingType(su.types); err != nil {
		t.Fatal(err)
	} else if missing != "" {
		su.results.skip(t, name, fmt.Sprintf("type %s is not built yet", missing))
	}
	var transcript *flow.Object
	if slices.Contains(s.Requires, "netns") {
		transcript, err = r.runInNamespace(t.Context())
		if errors.Is(err, errNoNamespace) {
			su.results.skip(t, name, err.Error())
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
