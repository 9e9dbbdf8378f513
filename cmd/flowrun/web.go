package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowrun/flowrun/internal/webroutes"
)

// webOff is the value of --http for no routes of nodes.
const webOff = "off"

// web is where nodes serve HTTP, and how: its flags, and what they stand for.
type web struct {
	address           string // "" for the admin server's
	root, user        string
	certFile, keyFile string
	origins, static   []string
	timeout           time.Duration
	maxBody           byteSize

	options  webroutes.Options
	listener net.Listener // nil without an address
	tls      *tls.Config  // nil for plain HTTP
}

func (w *web) addFlags(cmd *cobra.Command) {
	w.maxBody = webroutes.DefaultMaxBody
	f := cmd.Flags()
	f.StringVar(&w.address, "http", "", "serve what http in and websocket nodes serve on this `ADDR`, such as :8080, or off; without it that is beside the admin API")
	f.StringVar(&w.root, "http-root", "/", "the `PATH` below which nodes serve (Node-RED's httpNodeRoot)")
	f.StringVar(&w.user, "http-auth", "", "ask for this name and password: `USER:HASH`, with a hash of flowrun hash-password")
	f.StringArrayVar(&w.origins, "http-cors", nil, "a web `SITE`, such as https://example.com, whose pages may use what nodes serve; * is all (repeatable)")
	f.StringArrayVar(&w.static, "http-static", nil, "serve the files of a directory, at / or at a path: `DIR[:PATH]` (repeatable)")
	f.DurationVar(&w.timeout, "http-timeout", 2*time.Minute, "how long a request waits until a flow answers it; 0 is for ever")
	f.Var(&w.maxBody, "http-max-body", "how large the body of a request to a node may be: `SIZE` in bytes, or such as 512kb, 5mb")
	f.StringVar(&w.certFile, "http-cert", "", "serve --http by HTTPS with the certificate (PEM) in a `FILE`")
	f.StringVar(&w.keyFile, "http-key", "", "the key (PEM) of --http-cert, in a `FILE`")
}

// open opens the port, if nodes have one of their own, and returns the table of
// their routes; nil if nothing serves it. The admin API takes some requests itself;
// nil if there is none. Close gives back what it opened, also after an error.
func (w *web) open(ctx context.Context, adminTakes func(method, path string) bool, log *slog.Logger) (*webroutes.Table, error) {
	if w.address == webOff || w.address == "" && adminTakes == nil {
		return nil, nil
	}
	o := webroutes.Options{Root: w.root, MaxBody: int64(w.maxBody), Timeout: w.timeout, Origins: w.origins}
	if w.user != "" {
		name, hash, ok := strings.Cut(w.user, ":")
		if !ok {
			return nil, usagef("--http-auth: it must be USER:HASH, with a hash of flowrun hash-password")
		}
		var err error
		if o.Auth, err = webroutes.NewBasicAuth(name, hash); err != nil {
			return nil, usagef("--http-auth: %w; flowrun hash-password makes one", err)
		}
	}
	for _, text := range w.static {
		dir, root := text, "/"
		if i := strings.LastIndex(text, ":/"); i > 0 {
			dir, root = text[:i], text[i+1:]
		}
		s, err := webroutes.NewStatic(dir, root)
		if err != nil {
			return nil, fmt.Errorf("--http-static: %w", fileError(err))
		}
		w.options.Static = append(w.options.Static, s)
	}
	o.Static = w.options.Static
	w.options = o
	if w.address == "" {
		if w.certFile != "" {
			return nil, usagef("--http-cert belongs to --http ADDR; the admin server has --admin-cert")
		}
		o.Reserved = adminTakes
		return webroutes.New(o), nil
	}
	if err := w.listen(ctx, log); err != nil {
		return nil, err
	}
	return webroutes.New(o), nil
}

func (w *web) listen(ctx context.Context, log *slog.Logger) error {
	if (w.certFile == "") != (w.keyFile == "") {
		return usagef("--http-cert and --http-key belong together")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", w.address)
	if err != nil {
		return fmt.Errorf("--http %s: %w; choose another address", w.address, err)
	}
	w.listener = l
	if w.certFile == "" {
		return nil
	}
	c := &certificate{certFile: w.certFile, keyFile: w.keyFile, log: log}
	if err := c.load(); err != nil {
		return err
	}
	w.tls = &tls.Config{GetCertificate: c.get, MinVersion: tls.VersionTLS12}
	return nil
}

// serve serves the routes at their own address, if they have one, until stop.
func (w *web) serve(table *webroutes.Table, log *slog.Logger) (stop func(ctx context.Context) error) {
	if table == nil || w.listener == nil {
		return func(context.Context) error { return nil }
	}
	scheme := "http"
	if w.tls != nil {
		scheme = "https"
	}
	log.Info("nodes serve HTTP", "url", scheme+"://"+w.listener.Addr().String())
	return webroutes.Serve(w.listener, w.tls, table, log)
}

// close gives back what open opened.
func (w *web) close() error {
	var err error
	if w.listener != nil {
		if err = w.listener.Close(); errors.Is(err, net.ErrClosed) { // the server has done so
			err = nil
		}
	}
	for _, s := range w.options.Static {
		err = errors.Join(err, s.Close())
	}
	return err
}
