package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/flowrun/flowrun/admin/auth"
)

func newHashPassword() *cobra.Command {
	return &cobra.Command{
		Use:   "hash-password",
		Short: "Print the bcrypt hash of a password, for --admin-users",
		Long: `Asks for a password, or reads one line of standard input if that is no terminal,
and prints its bcrypt hash, as it stands in the file that --admin-users names.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("hash-password takes no argument: a command line is for everybody to see")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, err := readPassword(cmd.InOrStdin(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			hash, err := auth.HashPassword(password)
			if err != nil {
				return err
			}
			say(cmd.OutOrStdout(), "%s", hash)
			return nil
		},
	}
}

func readPassword(stdin io.Reader, prompt io.Writer) (string, error) {
	password := ""
	if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		_, _ = io.WriteString(prompt, "Password: ")
		text, err := term.ReadPassword(int(f.Fd()))
		say(prompt, "")
		if err != nil {
			return "", err
		}
		password = string(text)
	} else {
		line, err := bufio.NewReader(stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		password = strings.TrimRight(line, "\r\n")
	}
	if password == "" {
		return "", errors.New("the password is empty")
	}
	return password, nil
}
