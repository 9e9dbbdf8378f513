package watch

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/flowrun/flowrun/flow"
)

// collectFor is how long changes are collected before they are reported.
const collectFor = 200 * time.Millisecond

// changes collects the paths of what has changed, each once, in order.
type changes struct {
	some chan struct{} // has an element while there are paths

	mu    sync.Mutex
	paths []string
	known map[string]bool
}

func newChanges() *changes {
	return &changes{some: make(chan struct{}, 1), known: map[string]bool{}}
}

func (c *changes) add(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[path] {
		return
	}
	c.known[path] = true
	c.paths = append(c.paths, path)
	if len(c.paths) == 1 {
		c.some <- struct{}{}
	}
}

// wait waits until there are paths, and then while others follow. It is false
// if ctx has ended.
func (c *changes) wait(ctx context.Context) bool {
	select {
	case <-c.some:
	case <-ctx.Done():
		return false
	}
	select {
	case <-time.After(collectFor):
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *changes) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	paths := c.paths
	c.paths = nil
	clear(c.known)
	return paths
}

// describe returns the messages for paths that have changed. While an editor
// saves a file, what is gone already was but the editor's.
func describe(paths []string, topic string) []*flow.Message {
	editing := false
	for _, path := range paths {
		editing = editing || strings.HasSuffix(path, "~")
	}
	var list []*flow.Message
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil && editing {
			continue
		}
		m := flow.NewMessage()
		m.Set("payload", path)
		m.Set("topic", topic)
		m.Set("file", filepath.Base(path))
		m.Set("filename", path)
		if err != nil {
			m.Set("event", "remove")
			m.Set("type", "none")
		} else {
			m.Set("event", "update")
			if info.Mode().IsRegular() {
				m.Set("size", float64(info.Size()))
			}
			m.Set("type", typeOf(info.Mode()))
		}
		list = append(list, m)
	}
	return list
}

// typeOf returns the word for the kind of a file.
func typeOf(mode fs.FileMode) string {
	switch {
	case mode.IsRegular():
		return "file"
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeCharDevice != 0:
		return "characterdevice"
	case mode&fs.ModeDevice != 0:
		return "blockdevice"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeNamedPipe != 0:
		return "fifo"
	}
	return "n/a"
}
