package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flowfile"
)

// secretVariable is the environment variable that may have the secret.
const secretVariable = "FLOWRUN_CREDENTIAL_SECRET"

// credentialSecret is how the user gives the secret that credentials are
// encrypted with: in a file, so that no list of processes shows it, or in the
// environment. Without either it is the one that Node-RED has generated, if
// there is one beside the flow file.
type credentialSecret struct {
	file string
	text string // "" for none
}

func (s *credentialSecret) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.file, "credential-secret-file", "", "read the secret of the credentials (flows_cred.json beside flows.json) from a `FILE`; else it is in "+secretVariable)
}

// read reads the user's secret.
func (s *credentialSecret) read() error {
	if s.file == "" {
		s.text = os.Getenv(secretVariable)
		return nil
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return fileError(err)
	}
	if s.text = strings.TrimRight(string(text), "\r\n"); s.text == "" {
		return usagef("--credential-secret-file %s: the file is empty", s.file)
	}
	return nil
}

// load adds to the flows of some files the credentials that are beside the
// files, and those that stand in them.
func (s *credentialSecret) load(flows *flowfile.Flows, files []string) error {
	for _, name := range credentialFiles(files) {
		c, err := flowfile.ReadCredentials(name, cmp.Or(s.text, flowfile.GeneratedSecret(name)))
		if err != nil {
			return explain(err)
		}
		flows.AddCredentials(c)
	}
	if flows.Envelope == nil || flows.Envelope.Get("credentials") == nil {
		return nil
	}
	c, err := flowfile.DecodeCredentials(flows.Envelope.Get("credentials"), s.text)
	if err != nil {
		return explain(err)
	}
	flows.AddCredentials(c)
	return nil
}

// explain adds to an error what the user can do.
func explain(err error) error {
	if errors.Is(err, flowfile.ErrNoCredentialSecret) || errors.Is(err, flowfile.ErrCredentialSecret) {
		return fmt.Errorf("%w; give the secret with --credential-secret-file FILE or in %s", err, secretVariable)
	}
	return err
}

// credentialFiles returns where the credentials of flow files are.
func credentialFiles(files []string) []string {
	var names []string
	for _, name := range files {
		if name != stdinName {
			names = append(names, flowfile.CredentialsFile(name))
		}
	}
	return names
}
