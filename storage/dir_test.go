package storage

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flowfile"
)

func open(t *testing.T, path, secret string) *Dir {
	t.Helper()
	d, err := Open(path, secret, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// reopen is what the next process finds.
func reopen(t *testing.T, d *Dir, secret string) *Dir {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, d.path, secret)
}

// deployed returns flows of one node, with a password if there is one.
func deployed(t *testing.T, name, password string) *flowfile.Flows {
	t.Helper()
	f, problems := flowfile.FromValue(flow.Array{flow.NewObject("id", "n", "type", "comment", "name", name)})
	if problems != nil {
		t.Fatal(problems)
	}
	if password != "" {
		f.Credentials = flowfile.Credentials{"n": flow.NewObject("password", password)}
	}
	return f.SplitCredentials(nil)
}

func save(t *testing.T, d *Dir, f *flowfile.Flows) {
	t.Helper()
	if err := d.Save(f); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, d *Dir) *flowfile.Flows {
	t.Helper()
	f, err := d.Load()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// expect wants the flows to be those of deployed.
func expect(t *testing.T, f *flowfile.Flows, name, password string) {
	t.Helper()
	if f == nil || len(f.Nodes) != 1 || f.Nodes[0].Name != name {
		t.Fatalf("the flows are %v, want the node %q", f, name)
	}
	got := ""
	if c := f.Credentials["n"]; c != nil {
		got, _ = c.Get("password").(string)
	}
	if got != password {
		t.Errorf("the password is %q, want %q", got, password)
	}
}

func read(t *testing.T, d *Dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(d.file(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSaveAndLoad(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "new", "data"), "")
	if f := load(t, d); f != nil {
		t.Errorf("a new directory has %v", f)
	}
	save(t, d, deployed(t, "one", ""))
	if text, want := read(t, d, flowsName), "[\n    {\n        \"id\": \"n\",\n        \"type\": \"comment\",\n        \"name\": \"one\"\n    }\n]"; text != want {
		t.Errorf("the file has %s, want %s", text, want)
	}
	if _, err := os.Stat(d.file(credentialsName)); err == nil {
		t.Error("there is a file of credentials without credentials")
	}
	save(t, d, deployed(t, "two", "geheim"))
	d = reopen(t, d, "")
	expect(t, load(t, d), "two", "geheim")
	save(t, d, deployed(t, "three", "secreto"))
	save(t, d, deployed(t, "three", "secreto")) // has no effect on the backup

	d = reopen(t, d, "")
	expect(t, load(t, d), "three", "secreto")
	if backup := read(t, d, backupOf(flowsName)); !strings.Contains(backup, `"two"`) {
		t.Errorf("the backup is %s", backup)
	}
	before, err := flowfile.ReadCredentials(d.file(backupOf(credentialsName)), d.Secret())
	if err != nil || before["n"].Get("password") != "geheim" {
		t.Errorf("the backup of the credentials is not that of before: %v", err)
	}

	save(t, d, deployed(t, "four", ""))
	d = reopen(t, d, "")
	expect(t, load(t, d), "four", "")
	entries, err := os.ReadDir(d.path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		text, _ := os.ReadFile(d.file(e.Name()))
		if strings.Contains(string(text), "geheim") || strings.Contains(string(text), "secreto") {
			t.Errorf("%s has a password in it", e.Name())
		}
	}
	if got, want := strings.Join(names, " "), ".config.runtime.json .flowrun.lock .flows.json.backup .flows_cred.json.backup flows.json flows_cred.json"; got != want {
		t.Errorf("the directory has %s, want %s", got, want)
	}
}

// What is there already is not written again, whatever its layout.
func TestSaveWhatIsThere(t *testing.T) {
	d := open(t, t.TempDir(), "")
	text := `[{"id":"n","type":"comment","name":"by hand","credentials":{"password":"geheim"}}]`
	write(t, d.path, flowsName, text)
	save(t, d, load(t, d).SplitCredentials(nil))
	if got := read(t, d, flowsName); got != text {
		t.Errorf("the file has become %s", got)
	}
	save(t, d, deployed(t, "two", "geheim"))
	d = reopen(t, d, "")
	expect(t, load(t, d), "two", "geheim")
}

func TestSecrets(t *testing.T) {
	d := open(t, t.TempDir(), "mine")
	save(t, d, deployed(t, "one", "geheim"))
	if _, err := os.Stat(d.file(configName)); err == nil {
		t.Error("a secret was made although there is one")
	}
	for secret, want := range map[string]error{"yours": flowfile.ErrCredentialSecret, "": flowfile.ErrNoCredentialSecret} {
		d = reopen(t, d, secret)
		if _, err := d.Load(); !errors.Is(err, want) {
			t.Errorf("with the secret %q: %v, want %v", secret, err, want)
		}
	}

	// The secret that Node-RED has made, and what it keeps beside it.
	d = open(t, t.TempDir(), "")
	write(t, d.path, configName, `{"instanceId":"0123"}`)
	save(t, d, deployed(t, "one", "geheim"))
	config, secret := read(t, d, configName), d.Secret()
	if want := fmt.Sprintf("{\n    \"instanceId\": \"0123\",\n    \"_credentialSecret\": %q\n}", secret); config != want || len(secret) != 64 {
		t.Errorf("the configuration is %s, want %s", config, want)
	}
	d = reopen(t, d, "")
	expect(t, load(t, d), "one", "geheim")
	save(t, d, deployed(t, "two", "geheim"))
	if d.Secret() != secret || read(t, d, configName) != config {
		t.Error("the secret has changed")
	}
}

// A broken file is one error that names the file and its backup, and nothing is
// written.
func TestBroken(t *testing.T) {
	for _, tc := range []struct{ file, text, want string }{
		{flowsName, "", "flows.json: the file is empty"},
		{flowsName, `[{"id":"n",`, "flows.json:1:"},
		{flowsName, `"flows"`, "this is no flow file"},
		{flowsName, `[{"id":"n"}]`, ""}, // has no type: a matter of the deploy's check
		{credentialsName, `{"$":`, "flows_cred.json: invalid JSON"},
		{credentialsName, ``, "flows_cred.json: invalid JSON"},
	} {
		d := open(t, t.TempDir(), "")
		save(t, d, deployed(t, "one", "geheim"))
		write(t, d.path, tc.file, tc.text)
		for _, want := range []string{"there is no backup yet", d.file(backupOf(tc.file)) + " has what was there before"} {
			_, err := d.Load()
			switch {
			case tc.want == "" && err == nil:
			case err == nil, !strings.Contains(err.Error(), tc.want), !strings.Contains(err.Error(), want), strings.Contains(err.Error(), "\n"):
				t.Errorf("%s with %q: %v, want %s … %s", tc.file, tc.text, err, tc.want, want)
			}
			if got := read(t, d, tc.file); got != tc.text {
				t.Errorf("%s is now %q", tc.file, got)
			}
			write(t, d.path, backupOf(tc.file), "before")
		}
	}
}

func TestInUse(t *testing.T) {
	d := open(t, t.TempDir(), "")
	if _, err := Open(d.path, "", d.log); !errors.Is(err, ErrInUse) {
		t.Errorf("a second one: %v, want %v", err, ErrInUse)
	}
	reopen(t, d, "")
}
