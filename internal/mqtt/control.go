package mqtt

import (
	"github.com/flowrun/flowrun/flow"
)

// Control does what a message's action says about the connection: connect, also
// with a broker object that changes its options, or disconnect. It is false for
// another action. done is called once, maybe before Control returns.
func Control(env flow.Env, b Broker, msg *flow.Message, done func(error)) bool {
	client := b.Client()
	switch msg.Get("action") {
	case "connect":
		options, _ := msg.Get("broker").(*flow.Object)
		connect := func() {
			if options != nil {
				if err := b.Override(options); err != nil {
					done(err)
					return
				}
			}
			client.Connect(func() { done(nil) })
		}
		switch {
		case options == nil || client.State() == Disconnected:
			connect()
		case flow.Truthy(options.Get("force")):
			client.Disconnect(connect)
		default:
			done(&flow.Error{Message: env.Text("mqtt.errors.invalid-action-alreadyconnected", "Disconnect from broker before connecting")})
		}
	case "disconnect":
		client.Disconnect(func() { done(nil) })
	default:
		return false
	}
	return true
}

// ErrAction returns the error for an action that there is not.
func ErrAction(env flow.Env) error {
	return &flow.Error{Message: env.Text("mqtt.errors.invalid-action-action", "Invalid action specified")}
}
