// Package nodes is the catalog of the node types that flowrun has.
package nodes

import (
	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/settings"
	"github.com/flowrun/flowrun/internal/webroutes"
	"github.com/flowrun/flowrun/nodes/batch"
	"github.com/flowrun/flowrun/nodes/catch"
	"github.com/flowrun/flowrun/nodes/change"
	"github.com/flowrun/flowrun/nodes/comment"
	"github.com/flowrun/flowrun/nodes/complete"
	"github.com/flowrun/flowrun/nodes/csv"
	"github.com/flowrun/flowrun/nodes/debug"
	"github.com/flowrun/flowrun/nodes/delay"
	"github.com/flowrun/flowrun/nodes/exec"
	"github.com/flowrun/flowrun/nodes/file"
	"github.com/flowrun/flowrun/nodes/filein"
	"github.com/flowrun/flowrun/nodes/function"
	"github.com/flowrun/flowrun/nodes/globalconfig"
	"github.com/flowrun/flowrun/nodes/html"
	"github.com/flowrun/flowrun/nodes/httpin"
	"github.com/flowrun/flowrun/nodes/httpproxy"
	"github.com/flowrun/flowrun/nodes/httprequest"
	"github.com/flowrun/flowrun/nodes/httpresponse"
	"github.com/flowrun/flowrun/nodes/inject"
	"github.com/flowrun/flowrun/nodes/join"
	"github.com/flowrun/flowrun/nodes/jsonnode"
	"github.com/flowrun/flowrun/nodes/junction"
	"github.com/flowrun/flowrun/nodes/link"
	"github.com/flowrun/flowrun/nodes/mqttbroker"
	"github.com/flowrun/flowrun/nodes/mqttin"
	"github.com/flowrun/flowrun/nodes/mqttout"
	"github.com/flowrun/flowrun/nodes/rangenode"
	"github.com/flowrun/flowrun/nodes/rbe"
	"github.com/flowrun/flowrun/nodes/sortnode"
	"github.com/flowrun/flowrun/nodes/split"
	"github.com/flowrun/flowrun/nodes/status"
	"github.com/flowrun/flowrun/nodes/subflow"
	"github.com/flowrun/flowrun/nodes/switchnode"
	"github.com/flowrun/flowrun/nodes/tcpconnect"
	"github.com/flowrun/flowrun/nodes/tcpdisconnect"
	"github.com/flowrun/flowrun/nodes/tcpin"
	"github.com/flowrun/flowrun/nodes/tcplisten"
	"github.com/flowrun/flowrun/nodes/tcpout"
	"github.com/flowrun/flowrun/nodes/tcprequest"
	"github.com/flowrun/flowrun/nodes/tcpsend"
	"github.com/flowrun/flowrun/nodes/tcpsession"
	"github.com/flowrun/flowrun/nodes/template"
	"github.com/flowrun/flowrun/nodes/tlsconfig"
	"github.com/flowrun/flowrun/nodes/trigger"
	"github.com/flowrun/flowrun/nodes/udp"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/nodes/udpout"
	"github.com/flowrun/flowrun/nodes/unknown"
	"github.com/flowrun/flowrun/nodes/watch"
	"github.com/flowrun/flowrun/nodes/websocket"
	"github.com/flowrun/flowrun/nodes/xml"
	"github.com/flowrun/flowrun/nodes/yaml"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// Deps is what nodes share with each other.
type Deps struct {
	Sessions *session.Store
	Context  *state.Stores
	Debug    debug.Sink       // gets what debug nodes show in the sidebar; may be nil
	Settings *settings.Live   // may be nil
	Web      *webroutes.Table // where nodes serve HTTP; nil if nothing serves it
}

// Catalog returns the registry of all node types. Without its Deps it serves to
// read about the types; their nodes need them.
func Catalog(deps Deps) (*flow.Registry, error) {
	return flow.NewRegistry(
		batch.Type(deps.Settings),
		catch.Type,
		change.Type(deps.Context),
		comment.Type,
		complete.Type,
		csv.Type,
		debug.Type(deps.Context, deps.Debug),
		delay.Type(deps.Settings),
		exec.Type,
		file.Type(deps.Context, deps.Settings),
		filein.Type(deps.Context, deps.Settings),
		function.Type(deps.Context, deps.Settings),
		globalconfig.Type,
		html.Type,
		httpin.Type(deps.Web),
		httpproxy.Type,
		httprequest.Type(deps.Settings),
		httpresponse.Type,
		inject.Type(deps.Context),
		join.Type(deps.Context, deps.Settings),
		jsonnode.Type,
		junction.Type,
		link.Call,
		link.In,
		link.Out,
		mqttbroker.Type(deps.Settings),
		mqttin.Type,
		mqttout.Type,
		rangenode.Type,
		rbe.Type,
		sortnode.Type(deps.Context, deps.Settings),
		split.Type,
		status.Type,
		subflow.Instance,
		subflow.Status,
		switchnode.Type(deps.Context, deps.Settings),
		tcpconnect.Type(deps.Sessions),
		tcpdisconnect.Type(deps.Sessions),
		tcpin.Type(deps.Sessions),
		tcplisten.Type(deps.Sessions),
		tcpout.Type(deps.Sessions),
		tcprequest.Type(deps.Sessions, deps.Settings),
		tcpsend.Type(deps.Sessions),
		tcpsession.Type(deps.Sessions),
		template.Type(deps.Context),
		tlsconfig.Type,
		trigger.Type(deps.Context),
		udp.In(deps.Sessions),
		udp.Out(deps.Sessions),
		udpin.Type(deps.Sessions),
		udpout.Type(deps.Sessions),
		unknown.Type,
		watch.Type,
		websocket.Client,
		websocket.In,
		websocket.Listener(deps.Web),
		websocket.Out,
		xml.Type,
		yaml.Type,
	)
}
