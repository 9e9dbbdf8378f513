package runtime_test

import (
	"bytes"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/runtime"
)

// A badge that says that something is wrong is logged once, and not when its node
// ends anyway.
func TestBadgesInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		plain := func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
		b := newBench(t, func(o *runtime.Options) {
			o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: plain}))
		})
		red := func(env flow.Env, text string) { env.Status(flow.Badge("red", "ring", text)) }
		b.hook = func(env flow.Env, m *flow.Message) {
			switch {
			case m == nil:
				red(env, "disconnected")
			case m.Get("payload") != "closed": // what the button says in the end
				red(env, flow.Text(m.Get("payload")))
			}
		}
		b.deploy("in button h\nh hook\n", runtime.Full)
		for _, text := range []string{"error", "error", "other"} {
			b.press("in", text)
			synctest.Wait()
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		const want = "level=WARN msg=\"status: error\" node=h type=hook\nlevel=WARN msg=\"status: other\" node=h type=hook\n"
		if log.String() != want {
			t.Errorf("logged\n%s\nwant\n%s", log.String(), want)
		}
	})
}
