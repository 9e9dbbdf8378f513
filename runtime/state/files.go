package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// files are the files of one store. What scopes have in the store they keep
// themselves; files read it in the beginning and write what has changed.
type files struct {
	store    string
	dir      string
	interval time.Duration
	log      *slog.Logger

	mu    sync.Mutex
	dirty map[*Scope]struct{}

	writing sync.Mutex    // held while a file is replaced or removed
	wake    chan struct{} // there is something dirty
	closed  chan struct{}
	done    chan error // the errors of the last write
}

func newFiles(s Store, log *slog.Logger) *files {
	f := &files{store: s.Name, dir: s.Dir, interval: s.FlushInterval, log: log, dirty: map[*Scope]struct{}{},
		wake: make(chan struct{}, 1), closed: make(chan struct{}), done: make(chan error, 1)}
	if f.interval <= 0 {
		f.interval = flushInterval
	}
	return f
}

// load gives the scopes what their files have, and removes what a crash has
// left half written.
func (f *files) load(scope func(scopeID) *Scope) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	left, err := filepath.Glob(filepath.Join(f.dir, "*", "*.json.*.tmp"))
	if err != nil {
		return err
	}
	for _, name := range left {
		_ = os.Remove(name)
	}
	names, err := filepath.Glob(filepath.Join(f.dir, "*", "*.json"))
	if err != nil {
		return err
	}
	for _, name := range names {
		id, ok := scopeOf(filepath.Base(filepath.Dir(name)), filepath.Base(name))
		if !ok {
			continue
		}
		root, err := readObject(name)
		if err != nil {
			return err
		}
		scope(id).replace(f.store, root)
	}
	return nil
}

func readObject(name string) (*flow.Object, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return &flow.Object{}, nil
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("invalid JSON in context file %s: %w", name, err)
	}
	root, ok := v.(*flow.Object)
	if !ok {
		return nil, fmt.Errorf("context file %s has no JSON object", name)
	}
	return root.Clone(), nil
}

// changed has the scope written when the interval is over.
func (f *files) changed(c *Scope) {
	f.mu.Lock()
	f.dirty[c] = struct{}{}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// start starts the goroutine that writes; close ends it.
func (f *files) start() {
	go func() {
		for {
			select {
			case <-f.wake:
				timer := time.NewTimer(f.interval)
				select {
				case <-timer.C:
					if err := f.flush(); err != nil {
						f.log.Error("writing the context", "error", err)
					}
					continue
				case <-f.closed:
					timer.Stop()
				}
			case <-f.closed:
			}
			f.done <- f.flush()
			return
		}
	}()
}

// close writes what is left and ends the goroutine.
func (f *files) close() error {
	close(f.closed)
	return <-f.done
}

// flush writes the scopes that have changed. One that cannot be written is tried
// again the next time.
func (f *files) flush() error {
	f.mu.Lock()
	dirty := f.dirty
	f.dirty = map[*Scope]struct{}{}
	f.mu.Unlock()
	var errs []error
	for c := range dirty {
		if err := f.write(c); err != nil {
			errs = append(errs, err)
			f.changed(c)
		}
	}
	return errors.Join(errs...)
}

func (f *files) write(c *Scope) error {
	var text bytes.Buffer
	if err := json.Indent(&text, flow.AppendJSON(nil, c.snapshot(f.store)), "", "    "); err != nil {
		return fmt.Errorf("context of %s: %w", c.id.file(), err)
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	if c.gone.Load() {
		return nil
	}
	name := f.name(c)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return replaceFile(name, text.Bytes())
}

// replaceFile replaces a file as a whole: whatever happens, there is the old one
// or the new one.
func replaceFile(name string, content []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
		}
	}()
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}

// remove deletes the file of a scope that is gone, and its directory with the
// last file.
func (f *files) remove(c *Scope) {
	f.writing.Lock()
	defer f.writing.Unlock()
	name := f.name(c)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		f.log.Warn("deleting the context of what is no more", "error", err)
	}
	_ = os.Remove(filepath.Dir(name)) // fails as long as it has files
}

func (f *files) name(c *Scope) string { return filepath.Join(f.dir, c.id.file()) }

// The names of the files that do not belong to a node.
const (
	globalName = "global"
	flowName   = "flow"
	extension  = ".json"
)

// file returns the path of the scope's file below a store's directory.
func (id scopeID) file() string {
	switch {
	case id == globalID:
		return filepath.Join(globalName, globalName+extension)
	case id.node == "":
		return filepath.Join(escape(id.flow), flowName+extension)
	}
	return filepath.Join(escape(id.flow), escape(id.node)+extension)
}

// scopeOf is the opposite of [scopeID.file].
func scopeOf(dir, file string) (scopeID, bool) {
	node := strings.TrimSuffix(file, extension)
	switch {
	case dir == globalName && node == globalName:
		return globalID, true
	case node == flowName:
		node = ""
	}
	id := scopeID{unescape(dir), unescape(node)}
	return id, id.file() == filepath.Join(dir, file)
}

// escape makes an id, which may be any text, the name of a file. Ids that
// consist of letters, digits, - and inner dots are their own names, but for the
// two that mean something else.
func escape(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0
		if plain && !(i == 0 && (id == flowName || id == globalName)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func unescape(name string) string {
	id, err := url.PathUnescape(name)
	if err != nil {
		return name
	}
	return id
}
