//go:build linux

package e2e

import (
	"net"
	"os/exec"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/flowrun/flowrun/internal/testrun"
)

// Two browsers talk to each other through the example webchat.json.
func TestChatInBrowsers(t *testing.T) {
	binary, err := testrun.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	web := net.JoinHostPort("127.0.0.1", strconv.Itoa(testrun.FreePorts(t, 1)[0]))
	testrun.Start(t, exec.Command(binary, "deploy", "--admin", "off", "--http", web, "../flows/webchat.json"))
	_ = dial(t, web).Close() // it is there

	ann, bob := openPage(t, "http://"+web+"/webchat"), openPage(t, "http://"+web+"/webchat")
	for _, p := range []*page{ann, bob} {
		p.until(`!document.querySelector('button').disabled`)
	}
	ann.say("is anybody there?")
	bob.until(saidLast("is anybody there?"))
	bob.say("<b>yes</b>")
	for _, p := range []*page{ann, bob} {
		p.until(saidLast("<b>yes</b>"))
		p.until(`document.querySelectorAll('li').length === 2`)
	}
}

// say types text into the page and sends it.
func (p *page) say(text string) {
	p.t.Helper()
	p.do("saying "+text, chromedp.SetValue(chromedp.CSS("#text"), text), chromedp.Click(chromedp.CSS("button")))
}

// saidLast holds if the last line of the chat ends with the text.
func saidLast(text string) string {
	return `[...document.querySelectorAll('li')].at(-1)?.textContent.endsWith(': ' + ` + strconv.Quote(text) + `)`
}
