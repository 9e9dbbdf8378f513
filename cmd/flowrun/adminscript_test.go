package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var updateAdmin = flag.Bool("update", false, "rewrite the answers of flowrun in testdata/admin/differences.yaml")

// adminData has scripts that talk to the admin API, and what a real Node-RED
// answered them (record.sh has recorded it).
const adminData = "../../testdata/admin"

// adminDifference is an answer that differs from Node-RED's on purpose.
type adminDifference struct {
	Name   string `yaml:"name"`
	Reason string `yaml:"reason"`
	Answer string `yaml:"answer"`
}

// The scripts get the answers from flowrun that they got from Node-RED, but for
// those that are declared.
func TestAdminScripts(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("the scripts need sh, curl and sed")
		}
	}
	text, err := os.ReadFile(filepath.Join(adminData, "differences.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string][]*adminDifference{}
	if err := yaml.Unmarshal(text, &declared); err != nil {
		t.Fatal(err)
	}
	t.Run("api", func(t *testing.T) {
		s := serve(t)
		compareAnswers(t, runAdminScript(t, "api.sh", s), "node-red.txt", declared["api.sh"])
		s.end()
	})
	t.Run("login", func(t *testing.T) {
		users, err := filepath.Abs(filepath.Join(adminData, "users.json"))
		if err != nil {
			t.Fatal(err)
		}
		s := serve(t, "--admin-users", users)
		compareAnswers(t, runAdminScript(t, "login.sh", s), "node-red-login.txt", declared["login.sh"])
		s.end()
	})
	if *updateAdmin {
		text, err := yaml.Marshal(declared)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(adminData, "differences.yaml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func runAdminScript(t *testing.T, script string, s *served) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(adminData, script), "http://"+s.address)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s\n%s", script, err, stderr.String(), out)
	}
	return string(out)
}

// versions are those of Node-RED and of flowrun.
var versions = regexp.MustCompile(`"version":"[^"]*"`)

// compareAnswers compares what flowrun has answered with what Node-RED did.
func compareAnswers(t *testing.T, got, recorded string, declared []*adminDifference) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(adminData, recorded))
	if err != nil {
		t.Fatal(err)
	}
	differences := map[string]*adminDifference{}
	for _, d := range declared {
		differences[d.Name] = d
	}
	want, _ := sections(string(text))
	answers, names := sections(got)
	if len(answers) != len(want) {
		t.Errorf("%d answers, and Node-RED gave %d", len(answers), len(want))
	}
	anyVersion := func(answer string) string { return versions.ReplaceAllString(answer, `"version":"VERSION"`) }
	for _, name := range names {
		answer, wanted := anyVersion(answers[name]), anyVersion(want[name])
		d := differences[name]
		delete(differences, name)
		switch {
		case d == nil && answer != wanted:
			t.Errorf("%s:\n%s\nNode-RED answers:\n%s", name, answer, wanted)
		case d == nil:
		case answer == wanted:
			t.Errorf("%s: it does not differ from Node-RED any more", name)
		case *updateAdmin:
			d.Answer = answer
		case d.Answer != answer:
			t.Errorf("%s:\n%s\ndeclared is:\n%s", name, answer, d.Answer)
		}
	}
	for name := range differences {
		t.Errorf("%s: no such request", name)
	}
}

// sections returns the answers by name, and the names in order.
func sections(text string) (answers map[string]string, names []string) {
	answers = map[string]string{}
	for part := range strings.SplitSeq("\n"+text, "\n### ") {
		if name, answer, ok := strings.Cut(part, "\n"); ok {
			answers[name] = strings.TrimRight(answer, "\n")
			names = append(names, name)
		}
	}
	return answers, names
}
