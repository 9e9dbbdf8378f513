package webroutes

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// Static is a directory whose files are served. What begins with a dot is not,
// nor is what a symbolic link names outside of it, nor a list of the files.
type Static struct {
	root    string // the path before their names
	dir     *os.Root
	handler http.Handler
}

// NewStatic returns the files of a directory, to be served below the path root.
// Close it when nothing is served any more.
func NewStatic(dir, root string) (*Static, error) {
	opened, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	s := &Static{root: strings.TrimSuffix(path.Clean("/"+root), "/"), dir: opened}
	s.handler = http.StripPrefix(s.root, http.FileServerFS(opened.FS()))
	return s, nil
}

// Close gives the directory back.
func (s *Static) Close() error { return s.dir.Close() }

// has tells whether there is a file that a request is for. For a directory that
// is its index.html.
func (s *Static) has(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	rest, ok := strings.CutPrefix(r.URL.Path, s.root)
	if !ok || rest != "" && rest[0] != '/' || strings.Contains(rest, "/.") {
		return false
	}
	name := strings.TrimPrefix(path.Clean("/"+rest), "/")
	if name == "" {
		name = "."
	}
	info, err := fs.Stat(s.dir.FS(), name)
	if err == nil && info.IsDir() {
		info, err = fs.Stat(s.dir.FS(), path.Join(name, "index.html"))
	}
	return err == nil && info.Mode().IsRegular()
}
