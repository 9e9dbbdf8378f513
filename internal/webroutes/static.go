package webroutes

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
	"time"
)

// Static is a directory whose files are served. What begins with a dot is not,
// nor is what a symbolic link names outside of it, nor a list of the files.
type Static struct {
	root string // the path before their names
	dir  *os.Root
}

// NewStatic returns the files of a directory, to be served below the path root.
// Close it when nothing is served any more.
func NewStatic(dir, root string) (*Static, error) {
	opened, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	return &Static{root: strings.TrimSuffix(path.Clean("/"+root), "/"), dir: opened}, nil
}

// Close gives the directory back.
func (s *Static) Close() error { return s.dir.Close() }

// find returns the name of the file that a request is for, below the directory. One
// that ends with a slash is for the index.html there. A directory is found, too.
func (s *Static) find(r *http.Request) (name string, info fs.FileInfo, ok bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "", nil, false
	}
	rest, ok := below(s.root, r.URL.Path)
	if !ok || strings.Contains(rest, "/.") {
		return "", nil, false
	}
	isIndex := strings.HasSuffix(r.URL.Path, "/")
	if isIndex {
		rest += "/index.html"
	}
	if name = strings.TrimPrefix(path.Clean(rest), "/"); name == "" {
		name = "."
	}
	info, err := fs.Stat(s.dir.FS(), name)
	return name, info, err == nil && (info.Mode().IsRegular() || info.IsDir() && !isIndex)
}

// serve answers with what was found, as Express does: a browser asks each time
// whether a file has changed, and a directory's name gets its slash, on which the
// links in its index.html depend.
func (s *Static) serve(w http.ResponseWriter, r *http.Request, name string, info fs.FileInfo) {
	if info.IsDir() {
		sent, query := target(r)
		if query != "" {
			query = "?" + query
		}
		http.Redirect(w, r, "/"+strings.Trim(sent, "/")+"/"+query, http.StatusMovedPermanently)
		return
	}
	file, err := s.dir.FS().Open(name)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer func() { _ = file.Close() }()
	modified := info.ModTime()
	w.Header().Set("Etag", fmt.Sprintf(`W/"%x-%x"`, info.Size(), modified.Round(time.Millisecond).UnixMilli()))
	w.Header().Set("Cache-Control", "public, max-age=0")
	http.ServeContent(w, r, name, modified, file.(io.ReadSeeker)) // it is an *os.File
}
