package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/flowrun/flowrun/admin/auth"
	"github.com/flowrun/flowrun/flow"
)

// introduction is how long a client of /comms may take to say who it is.
const introduction = 10 * time.Second

// The answers to {"auth": token}, as Node-RED has them: no arrays.
const (
	authOK   = `{"auth":"ok"}`
	authFail = `{"auth":"fail"}`
)

// commsGrant returns what the request for /comms says itself that it is
// allowed; nil if it has no token: then the client sends it, see introduce.
func (h *handler) commsGrant(r *http.Request) *auth.Grant {
	if g := h.Auth.Check(tokenOf(r)); g != nil && g.Allows("status.read") {
		return g
	}
	return nil
}

// introduce waits for {"auth": token} and returns what the client is allowed;
// nil, after it has been told, if that is nothing. With any other message it is
// anonymous; that message is returned, because it counts.
func (c *commsClient) introduce(ctx context.Context) (*auth.Grant, *flow.Object) {
	ctx, cancel := context.WithTimeout(ctx, introduction)
	defer cancel()
	request := c.receive(ctx)
	if request == nil {
		return nil, nil
	}
	if g := c.grantFor(request); g != nil {
		return g, request
	}
	_ = c.send(ctx, []byte(authFail)) // the client is gone if this fails
	return nil, nil
}

// grantFor returns what a client is allowed that sends a message; nil for
// nothing.
func (c *commsClient) grantFor(request *flow.Object) *auth.Grant {
	g := c.handler.Auth.Anonymous()
	if token, ok := request.Get("auth").(string); ok && token != "" {
		g = c.handler.Auth.Check(token)
	}
	if g == nil || !g.Allows("status.read") {
		return nil
	}
	return g
}

// receive returns the next message that is an object; nil when there is none
// any more.
func (c *commsClient) receive(ctx context.Context) *flow.Object {
	for {
		_, text, err := c.conn.Read(ctx)
		if err != nil {
			return nil
		}
		if v, err := flow.ParseJSON(text); err == nil {
			if request, ok := v.(*flow.Object); ok {
				return request
			}
		}
	}
}
