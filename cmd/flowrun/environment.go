package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// environment is the variables that flows see as ${NAME}: those of --env, then
// those of --env-file (a later file wins), then those of the process.
type environment struct {
	assignments []string
	files       []string
}

func (e *environment) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&e.assignments, "env", nil, "set a variable for the flows, as `NAME=VALUE` (repeatable)")
	cmd.Flags().StringArrayVar(&e.files, "env-file", nil, "read variables from a `FILE` with a NAME=VALUE on each line (repeatable)")
}

// lookup reads the files and returns how to look a variable up.
func (e *environment) lookup() (func(name string) (string, bool), error) {
	vars := map[string]string{}
	for _, name := range e.files {
		if err := readEnvFile(name, vars); err != nil {
			return nil, err
		}
	}
	for _, a := range e.assignments {
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" {
			return nil, usagef("--env %s: must be NAME=VALUE", a)
		}
		vars[name] = value
	}
	return func(name string) (string, bool) {
		if v, ok := vars[name]; ok {
			return v, true
		}
		if name == secretVariable || name == tokenEnv { // not for flows
			return "", false
		}
		return os.LookupEnv(name)
	}, nil
}

func readEnvFile(name string, into map[string]string) error {
	f, err := os.Open(name)
	if err != nil {
		return fileError(err)
	}
	defer func() { _ = f.Close() }()
	if err := parseEnv(f, into); err != nil {
		return fmt.Errorf("%s:%w", name, err)
	}
	return nil
}

// parseEnv reads NAME=VALUE lines. Empty lines and lines that begin with # are
// skipped, a leading "export " too; a value may stand in quotes, and nothing in
// it is expanded. An error begins with the line.
func parseEnv(r io.Reader, into map[string]string) error {
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" {
			return fmt.Errorf("%d: must be NAME=VALUE", n)
		}
		if last := len(value) - 1; last > 0 && value[0] == value[last] && (value[0] == '"' || value[0] == '\'') {
			value = value[1:last]
		}
		into[name] = value
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%d: %w", n+1, err)
	}
	return nil
}
