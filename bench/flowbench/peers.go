package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// nodeREDVersion is the range of npm that is installed.
const nodeREDVersion = "node-red@4"

// errNoNpm means that there is nothing to install Node-RED with.
var errNoNpm = errors.New("npm is not installed")

// nodeRED is an installed Node-RED.
type nodeRED struct {
	version string
	command []string // the flow file comes after it
}

// settings make a Node-RED that runs flows and nothing else, as flowrun does
// without its admin API.
const settings = `module.exports = {
	httpAdminRoot: false, httpNodeRoot: false, credentialSecret: false,
	telemetry: {enabled: false}, logging: {console: {level: "warn"}},
};
`

// installNodeRED puts Node-RED into the user's cache folder, where the next run
// finds it. Its settings and what it writes go to dir.
func installNodeRED(ctx context.Context, dir string) (*nodeRED, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return nil, errNoNpm
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	home := filepath.Join(cache, "flowrun-bench")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return nil, err
	}
	install := exec.CommandContext(ctx, npm, "install", "--prefix", home, "--no-audit", "--no-fund", "--omit=dev", nodeREDVersion)
	if out, err := install.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("installing %s: %w\n%s", nodeREDVersion, err, out)
	}
	module := filepath.Join(home, "node_modules", "node-red")
	version, err := exec.CommandContext(ctx, "node", "-p", "require(process.argv[1]).version", filepath.Join(module, "package.json")).Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the version of Node-RED: %w", err)
	}
	settingsFile := filepath.Join(dir, "settings.js")
	if err := os.WriteFile(settingsFile, []byte(settings), 0o600); err != nil {
		return nil, err
	}
	command := []string{"node", filepath.Join(module, "red.js"), "--userDir", filepath.Join(dir, "node-red"), "--settings", settingsFile}
	return &nodeRED{version: string(version[:max(len(version)-1, 0)]), command: command}, nil
}
