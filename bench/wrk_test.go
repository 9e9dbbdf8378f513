package bench

import (
	"testing"
	"time"
)

func TestParseWrk(t *testing.T) {
	const fine = "Running 2s test @ http://127.0.0.1:1/\n  Latency  1.20ms\n  48203 requests in 2.10s, 10.16MB read\nRequests/sec:  22953.81\n"
	r, err := parseWrk(fine)
	if err != nil || r.Messages != 48203 || r.Elapsed != 2100*time.Millisecond {
		t.Errorf("%+v, %v", r, err)
	}
	for _, bad := range []string{"", fine + "  Non-2xx or 3xx responses: 4\n", fine + "  Socket errors: connect 0, read 1, write 0, timeout 0\n"} {
		if _, err := parseWrk(bad); err == nil {
			t.Errorf("no error of %q", bad)
		}
	}
}
