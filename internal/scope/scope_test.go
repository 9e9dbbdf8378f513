package scope

import (
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestCheck(t *testing.T) {
	for _, v := range []flow.Value{nil, flow.Null{}, "", "group", flow.Array{}, flow.Array{"a"}} {
		if err := Check(v); err != nil {
			t.Errorf("%s: %v", flow.JSON(v), err)
		}
	}
	for _, v := range []flow.Value{"all", true, 1.0, flow.NewObject(), flow.Buffer{1}} {
		if Check(v) == nil {
			t.Errorf("%s is no error", flow.JSON(v))
		}
	}
}
