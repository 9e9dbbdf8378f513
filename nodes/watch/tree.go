package watch

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/flowrun/flowrun/flow"
	"github.com/fsnotify/fsnotify"
)

// tree is the files and directories that are watched. A file is watched through
// its directory, so that it is found again when it is replaced.
type tree struct {
	watcher   *fsnotify.Watcher
	recursive bool
	files     map[string]bool
	dirs      map[string]bool // whose content is watched
}

func newTree(recursive bool) (*tree, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching files: %w", err)
	}
	return &tree{watcher: w, recursive: recursive, files: map[string]bool{}, dirs: map[string]bool{}}, nil
}

// add watches a file or a directory, not what is below it.
func (t *tree) add(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return &flow.Error{Message: path + " does not exist."}
	}
	path = filepath.Clean(path)
	dir := path
	if info.IsDir() {
		t.dirs[path] = true
	} else {
		t.files[path] = true
		dir = filepath.Dir(path)
	}
	if err := t.watcher.Add(dir); err != nil {
		return fmt.Errorf("watching %s: %w", path, err)
	}
	return nil
}

// descend watches the directories below those that are watched.
func (t *tree) descend(ctx context.Context) error {
	if !t.recursive {
		return nil
	}
	var roots []string
	for dir := range t.dirs {
		roots = append(roots, dir)
	}
	for _, dir := range roots {
		if err := t.addBelow(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

// addBelow watches a directory and those below. What cannot be read, or is gone
// already, is left out.
func (t *tree) addBelow(ctx context.Context, dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil || !entry.IsDir() || t.dirs[path]:
			return nil
		}
		if err := t.watcher.Add(path); err != nil {
			if os.IsPermission(err) || os.IsNotExist(err) {
				return fs.SkipDir
			}
			return fmt.Errorf("watching %s: %w", path, err)
		}
		t.dirs[path] = true
		return nil
	})
}

// follow watches directories that are made, and forgets those that are gone.
func (t *tree) follow(ctx context.Context, event fsnotify.Event) error {
	if !t.recursive || !t.contains(event.Name) {
		return nil
	}
	if event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename) {
		delete(t.dirs, event.Name) // fsnotify has dropped it
	}
	if event.Has(fsnotify.Create) {
		if info, err := os.Stat(event.Name); err == nil && info.IsDir() {
			return t.addBelow(ctx, event.Name)
		}
	}
	return nil
}

// contains tells whether a path is a file that is watched or stands in a
// directory that is.
func (t *tree) contains(path string) bool {
	return t.files[path] || t.dirs[filepath.Dir(path)]
}
