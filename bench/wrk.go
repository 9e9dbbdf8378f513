package bench

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// HasWrk tells whether wrk is there, the usual program to load a web server with.
func HasWrk() bool {
	_, err := exec.LookPath("wrk")
	return err == nil
}

// AskWrk has wrk ask an HTTP server for a thing over some connections, one request
// after the other on each. The result has no latencies. An answer that is none is an
// error.
func AskWrk(ctx context.Context, addr string, connections int, d time.Duration) (Result, error) {
	out, err := exec.CommandContext(ctx, "wrk", "--threads", "1", "--connections", strconv.Itoa(connections), //nolint:gosec // the arguments are the benchmark's own
		"--duration", strconv.Itoa(int(d.Seconds()))+"s", "http://"+addr+"/things/7?n=42").Output()
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w", err)
	}
	return parseWrk(string(out))
}

var (
	wrkTotal = regexp.MustCompile(`(\d+) requests in ([0-9.]+(?:us|ms|s|m|h))`)
	// What wrk says of answers that are none.
	wrkFailures = []string{"Socket errors", "Non-2xx"}
)

func parseWrk(out string) (Result, error) {
	for line := range strings.Lines(out) {
		for _, failure := range wrkFailures {
			if strings.Contains(line, failure) {
				return Result{}, fmt.Errorf("wrk: %s", strings.TrimSpace(line))
			}
		}
	}
	m := wrkTotal.FindStringSubmatch(out)
	if m == nil {
		return Result{}, errors.New("wrk does not say how many requests it has made")
	}
	requests, err := strconv.Atoi(m[1])
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w", err)
	}
	elapsed, err := time.ParseDuration(m[2])
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w", err)
	}
	return Result{Messages: requests, Elapsed: elapsed}, nil
}
