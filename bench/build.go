package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// binaryEnv names a flowrun binary to measure instead of one that is built.
const binaryEnv = "FLOWRUN_BIN"

// Build compiles cmd/flowrun into dir the way `make build` does, and returns the
// path of the binary; more arguments go to `go build`. If FLOWRUN_BIN is set in
// the environment, that is returned.
func Build(ctx context.Context, dir string, args ...string) (string, error) {
	if binary := os.Getenv(binaryEnv); binary != "" {
		return filepath.Abs(binary)
	}
	binary := filepath.Join(dir, "flowrun")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	args = append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", binary}, args...)
	build := exec.CommandContext(ctx, "go", append(args, "github.com/flowrun/flowrun/cmd/flowrun")...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building flowrun: %w\n%s", err, out)
	}
	return binary, nil
}
