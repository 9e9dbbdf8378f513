package admin

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/flowrun/flowrun/admin/auth"
	"github.com/flowrun/flowrun/flow"
)

// maxLoginBody bounds the body of a request to log in, which anybody may send.
const maxLoginBody = 16 << 10

// clients are those that Node-RED lets log in; the ids are no secrets.
var clients = []string{"node-red-editor", "node-red-admin"}

// getLogin says how to log in: {} if nobody has to.
func (h *handler) getLogin(w http.ResponseWriter, _ *http.Request) {
	answer := &flow.Object{}
	if h.Auth != nil {
		answer = flow.NewObject("type", "credentials", "prompts", flow.Array{
			flow.NewObject("id", "username", "type", "text", "label", "user.username"),
			flow.NewObject("id", "password", "type", "password", "label", "user.password"),
		})
	}
	answerJSON(w, answer)
}

// postToken gives a token for a user name and a password (RFC 6749, 4.3), for
// the scope that the client asks for, or an empty one for all that the user may
// do.
func (h *handler) postToken(w http.ResponseWriter, r *http.Request) {
	field, ok := readForm(w, r)
	if !ok {
		return
	}
	if !slices.Contains(clients, field("client_id")) {
		refuse(w, "")
		return
	}
	if grant := field("grant_type"); grant != "password" {
		failToken(w, http.StatusNotImplemented, "unsupported_grant_type", "Unsupported grant type: "+grant)
		return
	}
	for _, name := range []string{"username", "password"} {
		if field(name) == "" {
			failToken(w, http.StatusBadRequest, "invalid_request", "Missing required parameter: "+name)
			return
		}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)() // a stop does not wait for who is slowed down
	scope := auth.Permissions(strings.Fields(field("scope")))
	token, expiry, err := h.Auth.Login(ctx, field("username"), field("password"), scope, addressOf(r))
	switch {
	case errors.Is(err, auth.ErrTooMany):
		failToken(w, http.StatusInternalServerError, "server_error", "Too many login attempts. Wait 10 minutes and try again")
	case err != nil:
		failToken(w, http.StatusForbidden, "invalid_grant", "Invalid resource owner credentials")
	default:
		answerToken(w, http.StatusOK, flow.NewObject("access_token", token, "expires_in", expiry.Seconds(), "token_type", "Bearer"))
	}
}

// postRevoke ends a token.
func (h *handler) postRevoke(w http.ResponseWriter, r *http.Request) {
	if field, ok := readForm(w, r); ok {
		h.Auth.Revoke(field("token"))
	}
}

func failToken(w http.ResponseWriter, status int, code, text string) {
	answerToken(w, status, flow.NewObject("error", code, "error_description", text))
}

// answerToken answers with what nobody on the way may keep.
func answerToken(w http.ResponseWriter, status int, body *flow.Object) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(flow.AppendJSON(nil, body)) // the client is gone if this fails
}

// readForm reads a form or a JSON object and returns a function for its fields.
// If it cannot, it answers so and returns false. The answer never quotes the
// body, which has a password.
func readForm(w http.ResponseWriter, r *http.Request) (field func(name string) string, ok bool) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLoginBody))
	if err != nil {
		fail(w, http.StatusBadRequest, "unexpected_error", "the body cannot be read, or is too large")
		return nil, false
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/json" {
		v, err := flow.ParseJSON(text)
		o, isObject := v.(*flow.Object)
		if err != nil || !isObject {
			fail(w, http.StatusBadRequest, "invalid_json", "the body is no JSON object")
			return nil, false
		}
		return func(name string) string { s, _ := o.Get(name).(string); return s }, true
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		fail(w, http.StatusBadRequest, "invalid_body", "the body is no form")
		return nil, false
	}
	return form.Get, true
}
