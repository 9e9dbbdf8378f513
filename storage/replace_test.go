package storage

import (
	"os"
	"path/filepath"
	"testing"
)

// Whatever a crash leaves, the next start finds flows and credentials of one
// deploy: the new one if it was kept, else the one before.
func TestCrash(t *testing.T) {
	const secret = "a secret"
	// The files of the second deploy, as Save would write them.
	second := open(t, t.TempDir(), secret)
	save(t, second, deployed(t, "two", "new"))
	flows, credentials := read(t, second, flowsName), read(t, second, credentialsName)

	for _, tc := range []struct {
		what           string
		crash          func(t *testing.T, dir string)
		name, password string
	}{
		{"before anything was written", func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, stagedName), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "one", "old"},
		{"half a file was written", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, stagedName), flowsName, flows[:len(flows)/2])
		}, "one", "old"},
		{"all were written, and not kept", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, stagedName), flowsName, flows)
			write(t, filepath.Join(dir, stagedName), credentialsName, credentials)
		}, "one", "old"},
		{"it was kept", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, committedName), flowsName, flows)
			write(t, filepath.Join(dir, committedName), credentialsName, credentials)
		}, "two", "new"},
		{"one file was moved", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, committedName), flowsName, flows)
			write(t, dir, credentialsName, credentials)
		}, "two", "new"},
		{"all were moved", func(t *testing.T, dir string) {
			write(t, dir, flowsName, flows)
			write(t, dir, credentialsName, credentials)
			if err := os.Mkdir(filepath.Join(dir, committedName), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "two", "new"},
	} {
		t.Run(tc.what, func(t *testing.T) {
			d := open(t, t.TempDir(), secret)
			save(t, d, deployed(t, "one", "old"))
			tc.crash(t, d.path)
			d = reopen(t, d, secret)
			expect(t, load(t, d), tc.name, tc.password)
			for _, left := range []string{stagedName, committedName} {
				if _, err := os.Stat(d.file(left)); err == nil {
					t.Errorf("%s is still there", left)
				}
			}
			save(t, d, deployed(t, "three", "third"))
			expect(t, load(t, reopen(t, d, secret)), "three", "third")
		})
	}
}

// A deploy that cannot be kept leaves what was there, and the next one works.
func TestSaveFails(t *testing.T) {
	d := open(t, t.TempDir(), "")
	save(t, d, deployed(t, "one", "old"))
	// A file where the directory of a kept deploy would be.
	write(t, d.path, committedName, "in the way")
	if err := d.Save(deployed(t, "two", "new")); err == nil {
		t.Error("it was saved")
	}
	expect(t, load(t, d), "one", "old")
	if err := os.Remove(d.file(committedName)); err != nil {
		t.Fatal(err)
	}
	save(t, d, deployed(t, "two", "new"))
	expect(t, load(t, d), "two", "new")
}

// From the moment it is kept on, a deploy is not lost, even if its files cannot
// be moved to their places.
func TestKeptButNotInPlace(t *testing.T) {
	d := open(t, t.TempDir(), "")
	save(t, d, deployed(t, "one", "old"))
	inTheWay := d.file(backupOf(flowsName))
	write(t, inTheWay, "file", "")
	save(t, d, deployed(t, "two", "new"))
	if err := d.Save(deployed(t, "three", "newer")); err == nil {
		t.Error("another one was saved before the first was in place")
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, d, "")
	expect(t, load(t, d), "two", "new")
	save(t, d, deployed(t, "three", "newer"))
	expect(t, load(t, d), "three", "newer")
}
