package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/flow"
)

// tokenEnv is the environment variable that has the token if the command line
// has none. There it is safer: the command line is for everybody to see.
const tokenEnv = "FLOWRUN_TOKEN"

const (
	defaultURL = "http://127.0.0.1:1880"
	// clientTimeout is how long an answer may take; that of a deploy may wait
	// for what is under way.
	clientTimeout = 2 * time.Minute
	maxAnswer     = 256 << 20 // bytes
)

// clientFlags are the flags of a command that speaks to a running flowrun.
type clientFlags struct {
	to, token string
	json      bool
}

func (f *clientFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.to, "to", defaultURL, "the `URL` of the admin API of the flowrun that runs")
	cmd.Flags().StringVar(&f.token, "token", "", "a `TOKEN` that the admin API accepts; "+tokenEnv+" in the environment is the same, and nobody sees it in the list of processes")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// client returns a client for what the flags say.
func (f *clientFlags) client() (*client, error) {
	return newClient(f.to, cmp.Or(f.token, os.Getenv(tokenEnv)))
}

// client speaks to the admin API of a running flowrun.
type client struct {
	base  string // URL without a slash at its end
	token string // may be empty
	http  *http.Client
}

// newClient returns a client for a URL, of which http:// may be left out.
func newClient(to, token string) (*client, error) {
	if !strings.Contains(to, "://") {
		to = "http://" + to
	}
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, usagef("--to wants a URL such as %s", defaultURL)
	case u.User != nil:
		return nil, usagef("--to takes no user and password: give a token with --token or %s", tokenEnv)
	case u.RawQuery != "" || u.Fragment != "":
		return nil, usagef("--to takes no ? and no #: give a URL such as %s", defaultURL)
	}
	return &client{
		base: strings.TrimRight(u.String(), "/"), token: token, http: &http.Client{Timeout: clientTimeout},
	}, nil
}

// apiError is an answer that says no.
type apiError struct {
	status        int
	code, message string
	body          *flow.Object // nil if it is none
}

func (e *apiError) Error() string { return e.message }

// isNotFound tells whether the API does not know what was asked for.
func isNotFound(err error) bool {
	e, ok := errors.AsType[*apiError](err)
	return ok && e.status == http.StatusNotFound
}

// errNoRoute says that what runs there has no such path: it is another program,
// or an older flowrun.
var errNoRoute = errors.New("what runs there does not know this command: it is no flowrun, or one of another version")

// get returns the JSON at a path.
func (c *client) get(ctx context.Context, path string) (flow.Value, error) {
	text, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	v, err := flow.ParseJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s%s answers with what is no JSON: %w", c.base, path, errNoRoute)
	}
	return v, nil
}

// do makes a request with a JSON body, undefined for none, and returns the body
// of the answer. If the answer says no, the error is an *apiError.
func (c *client) do(ctx context.Context, method, path string, body flow.Value) ([]byte, error) {
	var send io.Reader
	if body != nil {
		send = bytes.NewReader(flow.AppendJSON(nil, body))
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, send)
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return c.roundTrip(r)
}

// roundTrip makes a request and returns the body of the answer, or the errors
// of [client.do].
func (c *client) roundTrip(r *http.Request) ([]byte, error) {
	c.authorize(r.Header)
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return nil, c.unreachable(err)
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return nil, c.refused(answer.StatusCode, text)
	}
	return text, nil
}

// authorize adds the token, if there is one.
func (c *client) authorize(h http.Header) {
	if c.token != "" {
		h.Set("Authorization", "Bearer "+c.token)
	}
}

// unreachable explains why there is no answer.
func (c *client) unreachable(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		if failed.Timeout() {
			return fmt.Errorf("%s does not answer in time", c.base)
		}
		err = failed.Err // without method and URL
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("nothing answers at %s (%w): start flowrun with 'flowrun deploy' or 'flowrun serve', or say with --to URL where it runs", c.base, err)
}

// refused explains an answer that says no.
func (c *client) refused(status int, body []byte) error {
	e := &apiError{status: status, message: fmt.Sprintf("%s answers %d %s", c.base, status, http.StatusText(status))}
	if v, err := flow.ParseJSON(body); err == nil {
		if o, ok := v.(*flow.Object); ok {
			e.body = o
			e.code, _ = o.Get("code").(string)
			if text, ok := o.Get("message").(string); ok && text != "" {
				e.message = oneLine(text)
			}
		}
	}
	switch {
	case status == http.StatusUnauthorized && c.token == "":
		e.message = c.base + " wants a token: give one with --token or " + tokenEnv
	case status == http.StatusUnauthorized:
		e.message = c.base + " does not accept the token, or it may not do this"
	case status == http.StatusNotFound && e.code == "":
		return fmt.Errorf("%s: %w", c.base, errNoRoute)
	}
	return e
}
