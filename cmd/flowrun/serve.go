package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/state"
	"github.com/flowrun/flowrun/storage"
)

// stubForTests is the type that Node-RED's own tests use to look into flows.
const stubForTests = "helper"

func newServe() *cobra.Command {
	d := deployment{serves: true, typ: "full"}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Wait for deploys over HTTP and run what was deployed",
		Long: `Serves the admin API and waits for deploys, until SIGINT or SIGTERM. Without
--data it starts without flows, and what was deployed is gone at the end. With it
the directory has flows, credentials and context, as Node-RED's user directory
has them, and what was deployed last runs again.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("serve takes no file; start the flows of a file with flowrun deploy %s", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.given = cmd.Flags().Changed
			d.stdout, d.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			switch {
			case d.data != "" && d.conformance:
				return usagef("--data %s: what --conformance runs is not kept; leave one of them out", d.data)
			case d.admin == adminOff:
				return usagef("--admin off: without the admin API nothing can be deployed")
			case d.conformance:
				if err := admin.CheckAddress(d.admin, false); err != nil { // whatever authentication there is
					return &usageError{err}
				}
			}
			if d.conformance {
				d.stubs = append(d.stubs, stubForTests)
			}
			return d.run()
		},
	}
	d.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&d.data, "data", "", "keep flows, credentials and context in a `DIR`, made if it is not there")
	f.BoolVar(&d.conformance, "conformance", false, "behave as Node-RED's own tests need it: message keys in logs, and tap endpoints that change settings")
	return cmd
}

// loginsName is the file in --data that keeps who has logged in. It is not
// Node-RED's .sessions.json, which has the tokens themselves.
const loginsName = ".logins.json"

// waitForDeploys runs what was deployed last, if that is kept, and whatever is
// deployed until a signal comes.
func (d *deployment) waitForDeploys(options engineOptions, t runtime.DeployType) (err error) {
	switch {
	case d.conformance:
		options.context = []state.Store{{Name: "memory0"}, {Name: "memory1"}, {Name: "memory2"}}
	case d.data != "" && !d.given("context"):
		options.context = contextStores(filepath.Join(d.data, "context"))
	default:
		options.context = contextStores(d.context)
	}
	if d.data == "" {
		return d.serve(options, nil, t)
	}
	dir, err := storage.Open(d.data, d.secret.text, d.logger)
	if err != nil {
		return fmt.Errorf("--data: %w", fileError(err))
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	if d.access.auth != nil {
		if err := d.access.auth.Keep(filepath.Join(d.data, loginsName)); err != nil {
			return fmt.Errorf("--data: %w", fileError(err))
		}
	}
	flows, err := dir.Load()
	if err != nil {
		return explain(fileError(err))
	}
	options.save, d.secret.text = dir.Save, dir.Secret()
	return d.serve(options, flows, t)
}

// setenv sets a variable of the process; nil removes it.
func setenv(name string, value *string) error {
	if value == nil {
		return os.Unsetenv(name)
	}
	return os.Setenv(name, *value)
}
