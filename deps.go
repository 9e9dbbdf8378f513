//go:build deps

package deps

import (
	_ "github.com/dlclark/regexp2/v2"
	_ "github.com/dop251/goja"
	_ "github.com/goccy/go-json"
	_ "github.com/google/uuid"
	_ "github.com/netresearch/go-cron"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/spf13/cobra"
	_ "go.uber.org/goleak"
	_ "golang.org/x/net/ipv4"
	_ "golang.org/x/sys/cpu"
	_ "golang.org/x/term"
	_ "gopkg.in/yaml.v3"
)
