// Package shell words what users are told to type.
package shell

import "strings"

// Quote returns a word as it is typed in a POSIX shell.
func Quote(word string) string {
	if word == "" || strings.ContainsAny(word, " \t\n'\"$\\&;|<>*?()[]{}!#~`") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
