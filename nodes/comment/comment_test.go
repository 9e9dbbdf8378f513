package comment

import (
	"testing"

	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestComment(t *testing.T) {
	flowtest.New(t, Type, `{"name":"Read me","info":"# Title"}`)
}
