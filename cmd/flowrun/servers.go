package main

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// servers are what serves while flows run: the admin API, and the routes of nodes
// beside it or on a port of their own. The zero servers are none.
type servers struct {
	admin  *admin.Server    // nil without the admin API
	routes *webroutes.Table // nil if nothing serves them
	web    func(context.Context) error
}

// startServers serves the admin API on a listener, unless that is nil, and the
// routes of nodes.
func (d *deployment) startServers(e *engine, l net.Listener, routes *webroutes.Table) servers {
	s := servers{routes: routes}
	if l != nil {
		o := d.adminOptions(e)
		if d.web.address == "" {
			o.Web = routes
		}
		s.admin = admin.Start(l, o)
		d.logger.Info("admin API", "url", d.access.url(l.Addr().String()))
	}
	s.web = d.web.serve(routes, d.logger)
	return s
}

func (d *deployment) adminOptions(e *engine) admin.Options {
	o := admin.Options{Runtime: e.Runtime, Sessions: e.sessions, Context: e.stores, Comms: e.comms, Log: d.logger, Version: version, CredentialSecret: d.secret.text, Types: e.types}
	d.access.set(&o)
	if d.conformance {
		o.Conformance = &admin.Conformance{Settings: e.settings, Setenv: setenv}
	}
	return o
}

// drain has them take in nothing more for the flows. What is under way goes on, and
// the admin API tells how it is.
func (s servers) drain() {
	if s.admin != nil {
		s.admin.Drain() // first, as it waits for a deploy
	}
	if s.routes != nil {
		s.routes.Drain()
	}
}

// close stops the servers. The flows have answered all that they will.
func (s servers) close(limit time.Time, log *slog.Logger) {
	if s.web != nil {
		stopServer("HTTP server of the nodes", s.web, limit, log)
	}
	if s.admin != nil {
		stopServer("admin API", s.admin.Shutdown, limit, log)
	}
}

// lastWords is how long a server may take at least to write its answers.
const lastWords = 2 * time.Second

// stopServer lets a server finish what it has begun, until the limit.
func stopServer(name string, stop func(context.Context) error, limit time.Time, log *slog.Logger) {
	soon, cancel := context.WithTimeout(context.Background(), max(time.Until(limit), lastWords))
	defer cancel()
	if err := stop(soon); err != nil {
		log.Warn("closing the "+name, "error", err)
	}
}
