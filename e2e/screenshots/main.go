// Command screenshots takes the pictures of the console in docs/console: it
// starts flowrun with example flows, talks to them, and looks at its page in a
// Chromium.
//
//	go run ./e2e/screenshots -out docs/console
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/flowrun/flowrun/internal/browser"
)

// patience bounds one picture.
const patience = 60 * time.Second

func main() {
	out := flag.String("out", "docs/console", "write the pictures into this `directory`")
	flag.Parse()
	if err := shootAll(*out); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

type step = chromedp.Action[chromedp.Void]

// picture is one screenshot.
type picture struct {
	file  string
	flows string // the file that runs
	dark  bool
	talk  func(context.Context) error // keeps the flows busy until the context ends
	steps []step                      // what is done on the page before
}

func shootAll(out string) error {
	path, err := browser.Find()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "screenshots")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	large := filepath.Join(dir, "large.json")
	if err := os.WriteFile(large, largeFlow(), 0o600); err != nil {
		return err
	}
	binary := filepath.Join(dir, "flowrun")
	if text, err := exec.Command("go", "build", "-o", binary, "./cmd/flowrun").CombinedOutput(); err != nil {
		return fmt.Errorf("building flowrun: %w\n%s", err, text)
	}
	groups := "e2e/screenshots/groups.json"
	echo := func(ctx context.Context) error { return lines(ctx, "127.0.0.1:7777", "hello, flowrun\n") }
	chat := func(ctx context.Context) error { return lines(ctx, "127.0.0.1:7779", "hello, everybody\n") }
	for _, p := range []picture{
		{"echo-light.png", "flows/echo.json", false, echo, selectWire("echo-send")},
		{"echo-dark.png", "flows/echo.json", true, echo, selectNode("echo-listen")},
		{"echo-by-hand.png", "flows/echo.yaml", false, echo, nil},
		{"chat-light.png", "flows/chat.json", false, chat, nil},
		{"chat-dark.png", "flows/chat.json", true, chat, nil},
		{"prompt-light.png", "flows/prompt.json", false, nil, nil},
		{"prompt-dark.png", "flows/prompt.json", true, nil, nil},
		{"groups-light.png", groups, false, nil, selectTab("#debug")},
		{"groups-dark.png", groups, true, nil, selectNode("s")},
		{"large-light.png", large, false, nil, selectTab("#debug")},
		{"large-dark.png", large, true, nil, selectNode("n3-1")},
	} {
		if err := shoot(path, binary, out, p); err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
	}
	return nil
}

// shoot runs the flows, opens the console and takes the picture when numbers
// have come to it.
func shoot(chromium, binary, out string, p picture) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	address, err := start(ctx, binary, p.flows)
	if err != nil {
		return err
	}
	talked := make(chan error, 1)
	go func() {
		if p.talk == nil {
			talked <- nil
			return
		}
		talked <- p.talk(ctx)
	}()
	defer func() {
		cancel()
		if talkErr := <-talked; err == nil {
			err = talkErr
		}
	}()
	tab, closeTab, err := browser.Open(ctx, chromium, 1440, 900, func(line string) { fmt.Fprintln(os.Stderr, p.file, line) })
	if err != nil {
		return err
	}
	defer closeTab()
	scheme := "light"
	if p.dark {
		scheme = "dark"
	}
	steps := append([]step{
		browser.ColorScheme(scheme),
		chromedp.Navigate("http://" + address + "/"),
		chromedp.WaitVisible(chromedp.CSS("body[data-ready] .node")),
	}, p.steps...)
	if err := chromedp.Do(tab, append(steps, chromedp.Poll[chromedp.Void](manyTicks))...); err != nil {
		return err
	}
	png, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, p.file), png, 0o644)
}

// manyTicks holds when the page has been there for some seconds, so that its
// plots show something.
const manyTicks = `performance.now() > 9000`

func selectNode(id string) []step {
	return []step{chromedp.Click(chromedp.CSS(fmt.Sprintf(`.node[data-id=%q] .body`, id)))}
}

func selectWire(from string) []step {
	return []step{
		chromedp.Click(chromedp.CSS(fmt.Sprintf(`.node[data-id=%q] .body`, from))),
		chromedp.Click(chromedp.CSS(`.wires-of li:last-child button`)),
	}
}

func selectTab(pane string) []step {
	return []step{chromedp.Click(chromedp.CSS(`[aria-controls=` + strings.TrimPrefix(pane, "#") + `]`))}
}

// start runs flowrun until the context ends, and returns the address of its
// console.
func start(ctx context.Context, binary, flows string) (string, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, binary, "deploy", "--admin", address, "--log-level", "error", flows)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		return "", err
	}
	go func() { _ = cmd.Wait() }() // it was interrupted
	return address, untilOpen(ctx, address)
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

func untilOpen(ctx context.Context, address string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// lines has three clients talk, each at another pace, until the context ends.
func lines(ctx context.Context, address, line string) error {
	if err := untilOpen(ctx, address); err != nil {
		return err
	}
	for i := range 3 {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		go func() {
			tick := time.NewTicker(time.Duration(15*(i+1)) * time.Millisecond)
			defer tick.Stop()
			for n := 1; ctx.Err() == nil; n++ {
				if _, err := io.WriteString(conn, strings.Repeat(line, 1+n%3)); err != nil {
					return
				}
				<-tick.C
			}
		}()
	}
	<-ctx.Done()
	return nil
}

// largeFlow is a flow of 200 nodes in ten rows: timers that feed functions and
// switches, one that fails and one that is slow.
func largeFlow() []byte {
	type node map[string]any
	nodes := []node{{"id": "large", "type": "tab", "label": "Two hundred nodes"}}
	const columns, rows = 10, 20
	chain := []string{"inject", "function", "change", "switch", "range", "template", "json", "delay", "rbe", "debug"}
	for row := range rows {
		for column, typ := range chain {
			id := fmt.Sprintf("n%d-%d", row, column)
			n := node{"id": id, "type": typ, "z": "large", "name": "", "x": 120 + 190*column, "y": 60 + 70*row, "wires": [][]string{}}
			if column+1 < columns {
				n["wires"] = [][]string{{fmt.Sprintf("n%d-%d", row, column+1)}}
			}
			switch typ {
			case "inject":
				n["props"] = []node{{"p": "payload"}}
				n["payloadType"], n["payload"], n["repeat"] = "num", fmt.Sprint(row), fmt.Sprint(0.05*float64(row+1))
				n["name"] = fmt.Sprintf("sensor %d", row+1)
			case "function":
				n["func"], n["outputs"] = "msg.payload = Math.random() * 100;\nreturn msg;", 1
				if row == 3 {
					n["name"], n["func"] = "fails", "throw new Error('the sensor is out of range');"
				}
				if row == 6 {
					n["name"], n["func"] = "is slow", "const end = Date.now() + 120; while (Date.now() < end);\nreturn msg;"
				}
			case "change":
				n["rules"] = []node{{"t": "set", "p": "topic", "pt": "msg", "to": "sensor", "tot": "str"}}
			case "switch":
				n["property"], n["propertyType"], n["outputs"] = "payload", "msg", 1
				n["rules"] = []node{{"t": "gte", "v": "0", "vt": "num"}}
			case "range":
				n["minin"], n["maxin"], n["minout"], n["maxout"], n["action"], n["round"], n["property"] = "0", "100", "0", "1", "scale", false, "payload"
			case "template":
				n["field"], n["fieldType"], n["template"], n["syntax"], n["output"] = "payload", "msg", `{"value": {{payload}}, "sensor": "{{topic}}"}`, "mustache", "str"
			case "delay":
				n["pauseType"], n["timeout"], n["timeoutUnits"] = "delay", "100", "milliseconds"
			case "rbe":
				n["func"], n["property"], n["septopics"] = "rbe", "payload", true
			case "debug":
				n["active"], n["tosidebar"], n["complete"], n["tostatus"] = true, row%4 == 0, "payload", true
				n["statusType"], n["statusVal"] = "counter", ""
			}
			nodes = append(nodes, n)
		}
	}
	text, err := json.Marshal(nodes)
	if err != nil {
		panic(err) // it is made of text and numbers
	}
	return text
}
