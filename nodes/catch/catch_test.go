package catch

import (
	"errors"
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestScopes(t *testing.T) {
	for _, config := range []string{`{}`, `{"scope":null}`, `{"scope":[]}`, `{"scope":["a","b"]}`, `{"scope":"group"}`, `{"scope":""}`} {
		d := flowtest.New(t, Type, config)
		d.Handle(`{"payload":1}`)
		if got, want := d.Sent(0), []string{`{"payload":1}`}; !slices.Equal(got, want) {
			t.Errorf("%s: sent %q, want %q", config, got, want)
		}
	}
	for _, scope := range []flow.Value{"all", true, flow.NewObject()} {
		_, err := Type.New(flow.NewObject("scope", scope), flow.Env{})
		var config *flow.ConfigError
		if !errors.As(err, &config) || config.Property != "scope" {
			t.Errorf("scope %s: got %v, want an error of scope", flow.JSON(scope), err)
		}
	}
}
