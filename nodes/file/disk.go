package file

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/flowrun/flowrun/internal/files"
)

// makeDir makes a directory and those above it.
func makeDir(dir string) error { return files.Explain("mkdir", os.MkdirAll(dir, 0o777), dir) }

// remove deletes a file. Unlike os.Remove it leaves directories alone.
func remove(path string) error {
	info, err := os.Lstat(path)
	if err == nil && info.IsDir() {
		err = syscall.EISDIR
	} else if err == nil {
		err = os.Remove(path)
	}
	return files.Explain("unlink", err, path)
}

// overwrite replaces the content of a file.
func overwrite(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return files.Explain("open", err, path)
	}
	_, err = f.Write(data)
	return files.Explain("write", errors.Join(err, f.Close()), "")
}

// appender appends to files, and keeps the last one open if that pays.
type appender struct {
	open *os.File    // nil if none is
	info fs.FileInfo // tells whether the file at the path is still this one
}

// write appends data to the file at a path. With keep the file stays open: the
// next data are for the same path.
func (a *appender) write(path string, data []byte, keep bool) error {
	if a.open != nil {
		if now, err := os.Stat(path); err != nil || !os.SameFile(now, a.info) {
			if err := a.close(); err != nil {
				return files.Explain("close", err, "")
			}
		}
	}
	if a.open == nil {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
		if err != nil {
			return files.Explain("open", err, path)
		}
		a.open = f
		if a.info, err = f.Stat(); err != nil {
			return files.Explain("fstat", errors.Join(err, a.close()), "")
		}
	}
	_, err := a.open.Write(data)
	if err != nil || !keep {
		err = errors.Join(err, a.close())
	}
	return files.Explain("write", err, "")
}

func (a *appender) close() error {
	if a.open == nil {
		return nil
	}
	f := a.open
	a.open = nil
	return f.Close()
}
