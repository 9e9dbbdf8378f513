// Package browser drives a real Chromium without a window, for tests of pages
// and for pictures of them.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Find returns the path of a Chromium or Chrome; the error says how to get one.
func Find() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no Chromium on this machine (looked for %v in PATH); Debian has it: apt install chromium", names)
}

// Required tells whether a test must fail where there is no browser, instead of
// being skipped: whether FLOWRUN_BROWSER=required is in the environment.
func Required() bool { return os.Getenv("FLOWRUN_BROWSER") == "required" }

// Open starts the browser at path with one tab of this size in pixels. The
// context that it returns is for chromedp's actions; cancel ends the browser.
// What the page writes to its console, what it fails to load and errors that
// nobody catches go to log.
func Open(ctx context.Context, path string, width, height int64, log func(string)) (tab context.Context, cancel func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path))
	if os.Geteuid() == 0 { // Chromium has no sandbox for root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stopProcess := chromedp.NewExecAllocator(ctx, options...)
	tab, closeTab := chromedp.NewContext(ctx)
	var reading sync.WaitGroup
	cancel = func() {
		closeTab()
		stopProcess()
		reading.Wait()
	}
	if err := chromedp.Do(tab, chromedp.EmulateViewport(width, height)); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("starting %s: %w", path, err)
	}
	messages := chromedp.Console(tab)
	reading.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			log(m.String())
		}
	})
	return tab, cancel, nil
}

// ColorScheme has the page see a system that prefers dark or light.
func ColorScheme(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}
