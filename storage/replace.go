package storage

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// The directories of new files: before they are complete, and then until they
// have replaced the old ones.
const (
	stagedName    = ".deploy.tmp"
	committedName = ".deploy"
)

// replace replaces files by their names, all or none of them, whatever happens.
// The deploy before must have come to its end, see [Dir.resume].
func (d *Dir) replace(files map[string][]byte) error {
	staged, committed := d.file(stagedName), d.file(committedName)
	err := writeAll(staged, files)
	if err == nil {
		err = os.Rename(staged, committed)
	}
	if err == nil {
		err = syncDir(d.path)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(staged), os.RemoveAll(committed))
	}
	// The deploy is kept now, so what goes wrong below is no failure of it.
	if err := d.moveCommitted(); err != nil {
		d.log.Warn("the flows are kept, but their files are not in place yet", "in", committed, "error", err)
	}
	return nil
}

// writeAll writes files to a directory of their own, and on to the disk.
func writeAll(dir string, files map[string][]byte) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for name, text := range files {
		if err := writeFile(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

func writeFile(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// resume brings the last deploy to its end, if a crash or an error has cut it
// short.
func (d *Dir) resume() error {
	if err := d.moveCommitted(); err != nil {
		return err
	}
	return os.RemoveAll(d.file(stagedName))
}

// moveCommitted moves the files of a deploy that is kept to their places; those
// that were moved already are not there any more.
func (d *Dir) moveCommitted() error {
	committed := d.file(committedName)
	entries, err := os.ReadDir(committed)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(committed, e.Name()), d.file(e.Name())); err != nil {
			return err
		}
	}
	if err := syncDir(d.path); err != nil {
		return err
	}
	return os.Remove(committed)
}

// syncDir writes the names in a directory to the disk. Windows has no such call
// and does it by itself.
func syncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
