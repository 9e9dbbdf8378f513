package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/flowrun/flowrun/flow"
)

// logBadges returns the type with nodes whose status is logged, if it is a
// network type: so the log says on which port a node listens, or why it cannot.
// What other nodes show is theirs alone: a function may change its status with
// every message.
func logBadges(t flow.Type, log *slog.Logger) flow.Type {
	if t.Category != "network" || log == nil {
		return t
	}
	make := t.New
	t.New = func(props *flow.Object, env flow.Env) (flow.Node, error) {
		env.Host = badgeLogger{Host: env.Host, log: log, id: env.ID, typ: env.Type, name: env.Name}
		return make(props, env)
	}
	return t
}

// badgeLogger is a node's host that also logs its badges. Those of the same
// node are equal, as hosts must be.
type badgeLogger struct {
	flow.Host
	log           *slog.Logger
	id, typ, name string
}

// Status implements [flow.Host].
func (b badgeLogger) Status(badge *flow.Object) {
	b.Host.Status(badge)
	level, text := slog.LevelDebug, ""
	if badge != nil {
		text, _ = badge.Get("text").(string)
	}
	switch {
	case text == "":
		return
	case badge.Get("fill") == "red":
		level = slog.LevelWarn
	case strings.HasPrefix(text, "listening"):
		level = slog.LevelInfo
	}
	b.log.Log(context.Background(), level, text, "node", b.id, "type", b.typ, "name", b.name)
}
