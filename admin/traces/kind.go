package traces

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"os"
	"regexp"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/sockets"
)

// otherKind is OpenTelemetry's word (error.type) for what has no name.
const otherKind = "_OTHER"

// kindName is what a code or a name of an error looks like. What a script throws
// may have anything there.
var kindName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// kindOf returns the code or the kind of an error, without its text: ECONNRESET,
// TypeError, timeout.
func kindOf(err error) string {
	kind := ""
	thrown, ok := errors.AsType[*flow.Error](err)
	switch {
	case ok:
		kind = cmp.Or(thrown.Code, thrown.Name, "Error")
	case errors.Is(err, context.Canceled):
		kind = "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		kind = "timeout"
	default:
		if code := sockets.Explain("", err, netip.AddrPort{}).Code; code != "UNKNOWN" {
			kind = code
		}
	}
	if !kindName.MatchString(kind) {
		return otherKind
	}
	return kind
}
