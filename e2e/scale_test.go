package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	goruntime "runtime"
	"testing"
	"time"

	"github.com/flowrun/flowrun/flowfile"
	"github.com/flowrun/flowrun/nodes"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// manyTabs returns a flow file as the editor saves it: tabs with ten nodes of
// the common kinds each, every tab linked to the next.
func manyTabs(tabs int) []byte {
	type object = map[string]any
	var list []object
	for t := range tabs {
		tab := fmt.Sprintf("tab%d", t)
		id := func(n int) string { return fmt.Sprintf("%s-n%d", tab, n) }
		list = append(list, object{"id": tab, "type": "tab", "label": "Flow " + tab, "disabled": false, "info": "",
			"env": []object{{"name": "N", "value": fmt.Sprint(t), "type": "num"}}})
		add := func(n int, typ string, props object, wires ...[]string) {
			node := object{"id": id(n), "type": typ, "z": tab, "name": "", "x": 100 * n, "y": 80, "wires": wires}
			maps.Copy(node, props)
			list = append(list, node)
		}
		script := object{"outputs": 1, "timeout": 0, "noerr": 0, "initialize": "", "finalize": "", "libs": []any{}, "func": "msg.payload += 1;\nreturn msg;"}
		add(0, "inject", object{"props": []object{{"p": "payload"}}, "repeat": "", "crontab": "", "once": false, "onceDelay": 0.1, "topic": "", "payload": "", "payloadType": "date"}, []string{id(1)})
		add(1, "change", object{"rules": []object{{"t": "set", "p": "payload", "pt": "msg", "to": "N", "tot": "env"}}}, []string{id(2)})
		add(2, "switch", object{"property": "payload", "propertyType": "msg", "rules": []object{{"t": "gt", "v": "500", "vt": "num"}, {"t": "else"}}, "checkall": "true", "outputs": 2}, []string{id(3)}, []string{id(4)})
		add(3, "function", script, []string{id(5)})
		add(4, "function", script, []string{id(5)})
		add(5, "link out", object{"mode": "link", "links": []string{fmt.Sprintf("tab%d-n6", (t+1)%tabs)}})
		add(6, "link in", object{"links": []string{}}, []string{id(7)})
		add(7, "debug", object{"active": true, "tosidebar": true, "console": false, "tostatus": false, "complete": "payload", "targetType": "msg", "statusVal": "", "statusType": "auto"})
		add(8, "catch", object{"scope": nil, "uncaught": false}, []string{id(7)})
		add(9, "status", object{"scope": nil}, []string{id(7)})
	}
	text, _ := json.MarshalIndent(list, "", "    ") // plain maps and lists always marshal
	return text
}

// maxIdle is how many bytes 1,000 tabs with 10 nodes each may need.
const maxIdle = 100 << 20

func TestThousandTabs(t *testing.T) {
	read, started, idle := startTabs(t, 1000)
	t.Logf("read in %v, started in %v, idle in %d MB", read, started, idle>>20)
	if idle > maxIdle {
		t.Errorf("idle they need %d MB", idle>>20)
	}
}

// BenchmarkThousandTabs tells how long a file of 1,000 tabs with 10 nodes each
// takes to read, check and start, and what it needs when it is idle.
func BenchmarkThousandTabs(b *testing.B) {
	for b.Loop() {
		read, started, idle := startTabs(b, 1000)
		b.ReportMetric(float64(read.Milliseconds()), "ms/read")
		b.ReportMetric(float64(started.Milliseconds()), "ms/start")
		b.ReportMetric(float64(idle)/(1<<20), "MB/idle")
	}
}

// startTabs runs a file of many tabs. It returns how long reading took, how long
// it took until all ran, and how many bytes they need then.
func startTabs(tb testing.TB, tabs int) (read, started time.Duration, idle int64) {
	tb.Helper()
	text := manyTabs(tabs)
	before := heap()
	began := time.Now()
	flows, problems := flowfile.Parse("flows.json", text)
	if problems.HasErrors() {
		tb.Fatal(problems)
	}
	read = time.Since(began)
	stores := state.New()
	registry, err := nodes.Catalog(nodes.Deps{Sessions: session.New(), Context: stores})
	if err != nil {
		tb.Fatal(err)
	}
	rt := runtime.New(runtime.Options{Registry: registry, Context: stores, Log: slog.New(slog.DiscardHandler), Drain: time.Second})
	if _, err := rt.Deploy(tb.Context(), flows, runtime.Full); err != nil {
		tb.Fatal(err)
	}
	started = time.Since(began)
	idle = heap() - before
	if err := rt.Shutdown(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return read, started, idle
}

// heap returns how many bytes are in use.
func heap() int64 {
	goruntime.GC()
	var m goruntime.MemStats
	goruntime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
