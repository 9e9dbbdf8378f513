package main

import (
	"os"

	"github.com/spf13/cobra"
)

// stubForTests is the type that Node-RED's own tests use to look into flows.
const stubForTests = "helper"

func newServe() *cobra.Command {
	d := deployment{serves: true, typ: "full"}
	var data string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start without flows and wait for deploys over HTTP",
		Long: `Starts without flows, serves the admin API and waits for deploys, until SIGINT or
SIGTERM. What was deployed is gone then.`,
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
			case data != "":
				return usagef("--data %s: flowrun cannot keep anything yet; leave it out", data)
			case d.admin == adminOff:
				return usagef("--admin off: without the admin API nothing can be deployed")
			}
			if d.conformance {
				d.stubs = append(d.stubs, stubForTests)
			}
			return d.run()
		},
	}
	d.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&data, "data", "", "keep flows, context and credentials in a `DIR` (not possible yet)")
	f.BoolVar(&d.conformance, "conformance", false, "behave as Node-RED's own tests need it: message keys in logs, and tap endpoints that change settings")
	return cmd
}

// setenv sets a variable of the process; nil removes it.
func setenv(name string, value *string) error {
	if value == nil {
		return os.Unsetenv(name)
	}
	return os.Setenv(name, *value)
}
