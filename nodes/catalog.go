// Package nodes is the catalog of the node types that flowrun has.
package nodes

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/nodes/catch"
	"github.com/flowrun/flowrun/nodes/change"
	"github.com/flowrun/flowrun/nodes/comment"
	"github.com/flowrun/flowrun/nodes/complete"
	"github.com/flowrun/flowrun/nodes/debug"
	"github.com/flowrun/flowrun/nodes/function"
	"github.com/flowrun/flowrun/nodes/inject"
	"github.com/flowrun/flowrun/nodes/status"
	"github.com/flowrun/flowrun/nodes/switchnode"
	"github.com/flowrun/flowrun/nodes/tcpconnect"
	"github.com/flowrun/flowrun/nodes/tcpdisconnect"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/nodes/tcpsend"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/nodes/udpout"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// Deps is what nodes share with each other.
type Deps struct {
	Sessions *session.Store
	Context  *state.Stores
	Debug    debug.Sink     // gets what debug nodes show in the sidebar; may be nil
	Settings *settings.Live // may be nil
}

// Catalog returns the registry of all node types. Without its Deps it serves to
// read about the types; their nodes need them.
func Catalog(deps Deps) (*flow.Registry, error) {
	return flow.NewRegistry(
		catch.Type,
		change.Type(deps.Context),
		comment.Type,
		complete.Type,
		debug.Type(deps.Debug),
		function.Type(deps.Context),
		inject.Type(deps.Context),
		status.Type,
		switchnode.Type(deps.Context, deps.Settings),
		tcpconnect.Type(deps.Sessions),
		tcpdisconnect.Type(deps.Sessions),
		tcplisten.Type(deps.Sessions),
		tcpsend.Type(deps.Sessions),
		udpin.Type(deps.Sessions),
		udpout.Type(deps.Sessions),
	)
}
