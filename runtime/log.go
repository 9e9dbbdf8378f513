package runtime

import (
	"log/slog"

	"github.com/flowrun/flowrun/flow"
)

// logNode logs what a node says, to the tap and to the log.
func (r *Runtime) logNode(p *place, level flow.Level, what flow.Value) {
	if t := r.tap.Load(); t != nil {
		t.log(p, level, what)
	}
	var to slog.Level
	switch {
	case level <= flow.LevelError:
		to = slog.LevelError
	case level == flow.LevelWarn:
		to = slog.LevelWarn
	case level == flow.LevelInfo:
		to = slog.LevelInfo
	default:
		to = slog.LevelDebug
	}
	r.logAbout(p, to, logText(what))
}

// logText is what a node reported as one text.
func logText(what flow.Value) string {
	if e, ok := what.(valueError); ok {
		what = e.value
	}
	switch what.(type) {
	case flow.Array, *flow.Object, flow.Buffer:
		return flow.JSON(what)
	}
	return flow.Text(what)
}

// logBadge logs what a node shows: that something is wrong, unless it showed the
// same before or ends anyway, what a source says of itself (a server that listens),
// and the rest for who debugs.
func (r *Runtime) logBadge(p *place, badge, before *flow.Object) {
	text, _ := badge.Get("text").(string)
	switch {
	case text == "":
	case badge.Get("fill") == "red" && !p.ending.Load() && (before == nil || before.Get("text") != text):
		r.logAbout(p, slog.LevelWarn, "status: "+text)
	case p.source && badge.Get("fill") == "green":
		r.logAbout(p, slog.LevelInfo, text)
	default:
		r.logAbout(p, slog.LevelDebug, text)
	}
}

func (r *Runtime) logAbout(p *place, to slog.Level, text string) {
	if !r.log.Enabled(r.ctx, to) {
		return
	}
	attrs := []slog.Attr{slog.String("node", p.info.ID), slog.String("type", p.info.Type)}
	if p.info.Name != "" {
		attrs = append(attrs, slog.String("name", p.info.Name))
	}
	r.log.LogAttrs(r.ctx, to, text, attrs...)
}
