package files

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/flowrun/flowrun/flow"
)

// codes lists the errors that flows know by Node.js' names, with libuv's texts.
// What stands first is asked first: EPERM is also a fs.ErrPermission.
var codes = []struct {
	is         error
	code, text string
}{
	{syscall.EPERM, "EPERM", "operation not permitted"},
	{syscall.ENOTEMPTY, "ENOTEMPTY", "directory not empty"},
	{fs.ErrNotExist, "ENOENT", "no such file or directory"},
	{fs.ErrPermission, "EACCES", "permission denied"},
	{fs.ErrExist, "EEXIST", "file already exists"},
	{syscall.EISDIR, "EISDIR", "illegal operation on a directory"},
	{syscall.ENOTDIR, "ENOTDIR", "not a directory"},
	{syscall.ENOSPC, "ENOSPC", "no space left on device"},
	{syscall.EDQUOT, "EDQUOT", "disk quota exceeded"},
	{syscall.EROFS, "EROFS", "read-only file system"},
	{syscall.EMFILE, "EMFILE", "too many open files"},
	{syscall.ENFILE, "ENFILE", "file table overflow"},
	{syscall.ENAMETOOLONG, "ENAMETOOLONG", "name too long"},
	{syscall.ELOOP, "ELOOP", "too many symbolic links encountered"},
	{syscall.EFBIG, "EFBIG", "file too large"},
	{syscall.EIO, "EIO", "i/o error"},
	{syscall.EBUSY, "EBUSY", "resource busy or locked"},
	{syscall.ETXTBSY, "ETXTBSY", "text file is busy"},
	{syscall.ENXIO, "ENXIO", "no such device or address"},
	{syscall.EINVAL, "EINVAL", "invalid argument"},
	{syscall.EPIPE, "EPIPE", "broken pipe"},
}

// Explain puts an error of the file system into Node.js' words: "ENOENT: no
// such file or directory, open '/x'". op is the system call as Node.js names it
// (open, unlink, mkdir, write, read); name may be empty. nil stays nil.
func Explain(op string, err error, name string) error {
	if err == nil {
		return nil
	}
	e := &flow.Error{Code: "UNKNOWN", Message: err.Error()}
	for _, c := range codes {
		if errors.Is(err, c.is) {
			e.Code, e.Message = c.code, c.code+": "+c.text+", "+op
			if name != "" {
				e.Message += " '" + name + "'"
			}
			break
		}
	}
	return e
}
