package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// stdinName is the argument that stands for standard input.
const stdinName = "-"

// readFile reads a file, or standard input.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	if name == stdinName {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return text, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fileError(err)
	}
	return text, nil
}

// writeResult writes to a file, or to standard output if there is no name.
func writeResult(stdout io.Writer, name string, text []byte) error {
	if name == "" {
		_, err := stdout.Write(text)
		return err
	}
	if err := os.WriteFile(name, text, 0o644); err != nil { // the mode is that of a new file only
		return fileError(err)
	}
	return nil
}

// fileError says what is wrong with a file as "name: no such file".
func fileError(err error) error {
	var path *fs.PathError
	switch {
	case !errors.As(err, &path):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", path.Path)
	}
	return fmt.Errorf("%s: %w", path.Path, path.Err)
}

// count prints "1 node", "2 nodes".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func isYAML(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}
