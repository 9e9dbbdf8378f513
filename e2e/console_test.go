package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/coder/websocket"

	"github.com/flowrun/flowrun/admin"
	"github.com/flowrun/flowrun/admin/auth"
	"github.com/flowrun/flowrun/internal/browser"
	"github.com/flowrun/flowrun/internal/testrun"
	"github.com/flowrun/flowrun/nodes"
	"github.com/flowrun/flowrun/nodes/debug"
	"github.com/flowrun/flowrun/runtime"
	"github.com/flowrun/flowrun/runtime/session"
	"github.com/flowrun/flowrun/runtime/state"
)

// pagePatience bounds what a test does with a browser.
const pagePatience = 90 * time.Second

// console is an engine with its console.
type console struct {
	*engine
	url string
}

func newConsole(t *testing.T, authority *auth.Authority) *console {
	t.Helper()
	sessions, stores, comms := session.New(), state.New(), &admin.Comms{}
	registry, err := nodes.Catalog(nodes.Deps{
		Sessions: sessions, Context: stores, Debug: func(f debug.Frame) { comms.Publish("debug", f.Object) },
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{
		Runtime:  runtime.New(runtime.Options{Registry: registry, Context: stores, Drain: 5 * time.Second}),
		sessions: sessions, context: stores,
	}
	t.Cleanup(func() { e.stop(t) })
	l, err := admin.Listen(t.Context(), "127.0.0.1:0", authority != nil)
	if err != nil {
		t.Fatal(err)
	}
	server := admin.Start(l, admin.Options{
		Runtime: e.Runtime, Sessions: sessions, Context: stores, Comms: comms, Log: slog.New(slog.DiscardHandler),
		Version: "test", Types: registry.Types(), Auth: authority,
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return &console{e, "http://" + l.Addr().String() + "/"}
}

// page is a page in a browser.
type page struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the browser complained about
}

func (c *console) open(t *testing.T) *page {
	t.Helper()
	return openPage(t, c.url)
}

// openPage opens a page in a browser of its own.
func openPage(t *testing.T, url string) *page {
	t.Helper()
	path, err := browser.Find()
	if err != nil && !browser.Required() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), pagePatience)
	t.Cleanup(cancel)
	p := &page{t: t}
	tab, closeTab, err := browser.Open(ctx, path, 1400, 900, func(line string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.faults = append(p.faults, line)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeTab)
	p.ctx = tab
	p.do("open "+url, chromedp.Navigate(url))
	return p
}

func (p *page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v\nthe browser says: %q", what, err, p.complaints())
	}
}

// until waits until a JavaScript expression holds.
func (p *page) until(expression string) {
	p.t.Helper()
	p.do("waiting until "+expression, chromedp.Poll[chromedp.Void](expression))
}

func (p *page) click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

func (p *page) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults
}

// fine fails the test if the browser complained, say of something that the
// policy forbids.
func (p *page) fine() {
	p.t.Helper()
	if faults := p.complaints(); len(faults) > 0 {
		p.t.Errorf("the browser says: %q", faults)
	}
}

// evil is text that would be an element if it were not escaped.
const evil = `<img id='evil' src='x'>`

func consoleFlow(port int, more string) string {
	quoted, err := json.Marshal(evil)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`[{"id":"t","type":"tab","label":%[2]s},
		{"id":"in","type":"tcp-listen","z":"t","name":"listen","x":120,"y":80,"host":"127.0.0.1","port":%[1]d,"mode":"line","wires":[[],["out"]]},
		{"id":"out","type":"tcp-send","z":"t","name":"answer","x":400,"y":80,"lineTerminator":"lf","wires":[[],["out"]]},
		{"id":"tick","type":"inject","z":"t","name":"press me","x":120,"y":240,"props":[{"p":"payload"}],"payloadType":"str","payload":%[2]s,"wires":[["show"]]},
		{"id":"show","type":"debug","z":"t","name":"show","x":400,"y":240,"active":true,"tosidebar":true,"complete":"payload","wires":[]}%[3]s]`, port, quoted, more)
}

// The console in a real browser: it loads, shows a session that is alive,
// injects, shows the message, and deploys a file after it has shown the plan.
func TestConsole(t *testing.T) {
	c := newConsole(t, nil)
	port := testrun.FreePorts(t, 1)[0]
	c.deploy(t, runtime.Full, consoleFlow(port, ""))
	p := c.open(t)
	p.until(`document.querySelectorAll(".node").length === 4 && document.querySelectorAll(".wire").length === 3`)
	p.until(`document.querySelector("#link-state").textContent === "live"`)
	p.until(`document.querySelector(".node[data-id=in] .badge text")?.textContent.includes("listening")`)

	conn := dialEngine(t, port)
	for range 3 { // one after the other: the first claims the session for the other node
		if _, err := conn.Write([]byte("hello\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, len("hello\n"))); err != nil {
			t.Fatal(err)
		}
	}
	p.until(`document.querySelector("#session-rows tr")?.textContent.includes("connected")`)
	p.until(`document.querySelector("#session-rows tr td:nth-child(9)").textContent === "3"`)
	p.until(`[...document.querySelectorAll(".count")].some(c => c.textContent.startsWith("2"))`) // the first line came over the other wire

	p.click(`.node[data-id=tick] .button`)
	p.until(`document.querySelector("#debug-list li")?.textContent.includes("id='evil'")`)
	p.click(`.node[data-id=tick] .body`)
	p.click(`.wires-of button`)
	p.until(`document.querySelector("#inspect .entries details")?.textContent.includes("id='evil'")`)

	// By keyboard: from wherever, to the node on the left, and its details.
	p.do("keys", chromedp.Focus(chromedp.CSS("#canvas")), chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	p.until(`document.querySelector("#inspect h2")?.textContent === "answer"`)

	file := filepath.Join(t.TempDir(), "next.json")
	text := consoleFlow(port, `,{"id":"new","type":"debug","z":"t","name":"new","x":400,"y":300,"wires":[]}`)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.do("choose a file", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{file}))
	p.until(`document.querySelector("dialog .change.add")?.textContent.includes("1 node new")`)
	if c.Flows().Lookup("new") != nil {
		t.Error("the plan alone has deployed")
	}
	p.click("#deploy-now")
	p.until(`document.querySelectorAll(".node").length === 5`)
	if _, err := conn.Write([]byte("still there\n")); err != nil {
		t.Fatal(err)
	}
	p.until(`document.querySelector("#session-rows tr td:nth-child(9)").textContent === "4"`)

	p.click("#theme")
	p.until(`document.documentElement.dataset.theme === "light"`)
	p.until(`document.querySelector("#evil") === null`)
	p.fine()
}

// With users the page asks who is there, and keeps the token to the tab.
func TestConsoleLogin(t *testing.T) {
	hash, err := auth.HashPassword("open sesame")
	if err != nil {
		t.Fatal(err)
	}
	c := newConsole(t, auth.New(auth.Config{Users: []auth.User{{Name: "ann", Hash: hash, Permissions: auth.Permissions{"*"}}}}, slog.New(slog.DiscardHandler)))
	c.deploy(t, runtime.Full, consoleFlow(testrun.FreePorts(t, 1)[0], ""))
	p := c.open(t)
	fill := func(password string) {
		p.do("log in", chromedp.WaitVisible(chromedp.CSS("#password")), chromedp.SetValue(chromedp.CSS("#username"), "ann"),
			chromedp.SetValue(chromedp.CSS("#password"), password), chromedp.Click(chromedp.CSS("dialog [type=submit]")))
	}
	fill("guessed")
	p.until(`document.querySelector("dialog .bad").textContent.includes("Invalid")`)
	fill("open sesame")
	p.until(`document.querySelector("#link-state").textContent === "live" && document.querySelectorAll(".node").length === 4`)
	p.until(`localStorage.getItem("flowrun-token") === null && sessionStorage.getItem("flowrun-token").length > 16`)
	p.click("#logout")
	p.do("wait for the form", chromedp.WaitVisible(chromedp.CSS("#password")))
	p.until(`sessionStorage.getItem("flowrun-token") === null`)
}

// largeFlows has 1,000 nodes in one flow: a hundred rows of ten, each fed by a
// timer.
func largeFlows() string {
	var b strings.Builder
	b.WriteString(`[{"id":"t","type":"tab","label":"large"}`)
	for row := range 100 {
		fmt.Fprintf(&b, `,{"id":"n%d-0","type":"inject","z":"t","x":100,"y":%d,"props":[{"p":"payload"}],"repeat":"0.1","wires":[["n%d-1"]]}`, row, 60+60*row, row)
		for column := 1; column < 10; column++ {
			fmt.Fprintf(&b, `,{"id":"n%d-%d","type":"change","z":"t","x":%d,"y":%d,"rules":[],"wires":[["n%d-%d"]]}`, row, column, 100+180*column, 60+60*row, row, column+1)
		}
	}
	return b.String() + `]`
}

// 1,000 nodes and some 10,000 messages a second on their wires.
func TestConsoleManyNodes(t *testing.T) {
	c := newConsole(t, nil)
	c.deploy(t, runtime.Full, largeFlows())
	p := c.open(t)
	p.until(`document.querySelectorAll(".node").length === 1000`)
	p.until(`document.querySelectorAll(".wire.hot").length === 900`)
	// The page has time left: of a second it can spend most on something else.
	idle, err := chromedp.Run(p.ctx, chromedp.Evaluate[float64](`new Promise(resolve => {
		const began = performance.now();
		let longest = 0, last = began;
		const timer = setInterval(() => {
			const now = performance.now();
			longest = Math.max(longest, now - last);
			last = now;
			if (now - began > 2000) { clearInterval(timer); resolve(longest); }
		}, 10);
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the page was busy for %.0f ms at a time at most", idle)
	p.fine()
}

const (
	consolePages = 10
	consoleRound = 250 * time.Millisecond // a tick of the pages
	// consoleRatio is the rate below which the test fails. The aim is 0.95; but
	// a machine with other things to do varies by more than that, and here the
	// pages run on it too.
	consoleRatio = 0.85
)

// Ten open pages cost an echo server next to nothing: the counters are read, not
// sent, and messages are sampled.
func TestConsolePagesLeaveTheRate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector distorts the rates")
	}
	e := newEngine(t)
	port := testrun.FreePorts(t, 1)[0]
	e.deploy(t, runtime.Full, echoFlow("line", port, ""))
	url, ended := startAdmin(t, e)
	conn := dialEngine(t, port)
	r := measureRates(t, conn, consoleRound, consoleRatio, func() (stop func()) {
		pages, frames := openPages(t, url)
		echoRate(t, conn, consoleRound/2)
		return func() {
			for _, page := range pages {
				_ = page.CloseNow()
				<-ended
			}
			frames.Wait()
		}
	})
	t.Logf("%d rounds: %.0f lines a second of processor time, %.0f with %d pages: ratio %.3f",
		len(r.ratios), median(r.alone), median(r.with), consolePages, r.ratio())
	if r.ratio() < consoleRatio {
		t.Errorf("%d pages leave %.3f of the rate, want at least %g", consolePages, r.ratio(), consoleRatio)
	}
}

// openPages opens websockets as pages do, each of which watches a wire, and
// reads them until they end.
func openPages(t *testing.T, url string) (pages []*websocket.Conn, reading *sync.WaitGroup) {
	t.Helper()
	reading = &sync.WaitGroup{}
	for range consolePages {
		page, _, err := websocket.Dial(t.Context(), url+"/console/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		page.SetReadLimit(-1)
		if err := page.Write(t.Context(), websocket.MessageText, []byte(`{"op":"watch","outputs":[["out",1]]}`)); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
		reading.Go(func() {
			for {
				if _, _, err := page.Read(context.Background()); err != nil {
					return
				}
			}
		})
	}
	return pages, reading
}
