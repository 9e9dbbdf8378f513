//go:build unix

package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run gives a node one message and waits until it is done.
func run(t *testing.T, config, message string) *flowtest.Driver {
	t.Helper()
	d := flowtest.New(t, Type, config)
	d.Handle(message)
	d.Until(func() bool { return len(d.Done) == 1 })
	return d
}

func expect(t *testing.T, d *flowtest.Driver, port int, want ...string) {
	t.Helper()
	if got := d.Sent(port); !slices.Equal(got, want) {
		t.Errorf("output %d sent\n%s\nwant\n%s", port+1, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestExec(t *testing.T) {
	for name, tc := range map[string]struct {
		config, message        string
		stdout, stderr, result string
		badge                  string
	}{
		"payload": {`{"command":"echo"}`, `{"payload":"a","topic":"t"}`,
			`{"topic":"t","payload":"a\n","rc":{"code":0}}`, "", `{"topic":"t","payload":{"code":0}}`, ""},
		"property and more": {`{"command":" echo ","addpay":"a.b","append":" more "}`, `{"payload":"x","a":{"b":5}}`,
			`{"a":{"b":5},"payload":"5 more\n","rc":{"code":0}}`, "", `{"a":{"b":5},"payload":{"code":0}}`, ""},
		"no property": {`{"command":"echo","addpay":false,"append":"$((1+2))"}`, `{"payload":"x"}`,
			`{"payload":"3\n","rc":{"code":0}}`, "", `{"payload":{"code":0}}`, ""},
		"null is added": {`{"command":"echo"}`, `{"payload":null}`,
			`{"payload":"null\n","rc":{"code":0}}`, "", `{"payload":{"code":0}}`, ""},
		"Buffer": {`{"command":"printf '\\200'; printf '\\001' >&2","addpay":""}`, `{}`,
			`{"payload":{"type":"Buffer","data":[128]},"rc":{"code":0}}`, `{"payload":{"type":"Buffer","data":[1]},"rc":{"code":0}}`, `{"payload":{"code":0}}`, ""},
		"failure": {`{"command":"echo out; echo err >&2; exit 3","addpay":""}`, `{"payload":1}`,
			`{"payload":"out\n","rc":{"code":3,"message":"Command failed: echo out; echo err >&2; exit 3\nerr\n"}}`,
			`{"payload":"err\n","rc":{"code":3,"message":"Command failed: echo out; echo err >&2; exit 3\nerr\n"}}`,
			`{"payload":{"code":3,"message":"Command failed: echo out; echo err >&2; exit 3\nerr\n"}}`, "red dot error:3"},
		"old style": {`{"command":"echo a","addpay":"","oldrc":"true"}`, `{}`, `{"payload":"a\n"}`, "", "", ""},
		"old style failure": {`{"command":"exit 1","addpay":"","oldrc":true}`, `{}`,
			`{"payload":"","rc":{"code":1,"message":"Command failed: exit 1\n"}}`, "", `{"payload":{"code":1,"message":"Command failed: exit 1\n"}}`, "red dot error:1"},
		"timeout": {`{"command":"sleep 60; echo no","addpay":"","timer":"0.05"}`, `{}`,
			`{"payload":"","rc":{"code":null,"message":"Command failed: sleep 60; echo no\n","signal":"SIGTERM"}}`, "",
			`{"payload":{"code":null,"message":"Command failed: sleep 60; echo no\n","signal":"SIGTERM"}}`, "red dot killed"},
	} {
		t.Run(name, func(t *testing.T) {
			d := run(t, tc.config, tc.message)
			for port, want := range []string{tc.stdout, tc.stderr, tc.result} {
				if want == "" {
					expect(t, d, port)
				} else {
					expect(t, d, port, want)
				}
			}
			badges := d.Badges()
			if len(badges) != 2 || !strings.HasPrefix(badges[0], "blue dot pid:") || badges[1] != tc.badge {
				t.Errorf("badges %q, want %q", badges, tc.badge)
			}
			if d.Done[0] != nil {
				t.Error(d.Done[0])
			}
		})
	}
}

func TestTooMuchOutput(t *testing.T) {
	d := run(t, `{"command":"head -c 10000001 /dev/zero; sleep 60","addpay":""}`, `{}`)
	expect(t, d, 2, `{"payload":{"code":"ERR_CHILD_PROCESS_STDIO_MAXBUFFER","message":"stdout maxBuffer length exceeded"}}`)
	if data := d.Messages(0)[0].Get("payload").(flow.Buffer); len(data) != maxOutput {
		t.Errorf("%d bytes", len(data))
	}
	d = run(t, `{"command":"head -c 10000000 /dev/zero","addpay":""}`, `{}`)
	expect(t, d, 2, `{"payload":{"code":0}}`)
}

func TestSpawn(t *testing.T) {
	for name, tc := range map[string]struct {
		config, message string
		port            int
		printed         string // on that port
		result, badge   string
	}{
		"payload":   {`{"command":"echo","append":" deg C"}`, `{"payload":12345}`, 0, "12345 deg C\n", `{"payload":{"code":0}}`, "yellow dot rc:0"},
		"quotes":    {`{"command":"echo \"a  b\"  c","addpay":""}`, `{"foo":1}`, 0, "a  b c\n", `{"foo":1,"payload":{"code":0}}`, "yellow dot rc:0"},
		"no shell":  {`{"command":"echo $HOME","addpay":""}`, `{}`, 0, "$HOME\n", `{"payload":{"code":0}}`, "yellow dot rc:0"},
		"failure":   {`{"command":"sh -c \"echo no >&2; exit 4\"","addpay":""}`, `{"foo":null}`, 1, "no\n", `{"foo":null,"payload":{"code":4}}`, "yellow dot rc:4"},
		"old":       {`{"command":"sh -c \"exit 4\"","addpay":"","oldrc":"true"}`, `{}`, 1, "", `{"payload":4}`, "yellow dot rc:4"},
		"timeout":   {`{"command":"sleep 60","addpay":"","timer":0.05}`, `{}`, 0, "", `{"payload":{"code":null,"signal":"SIGTERM"}}`, "red dot killed"},
		"none":      {`{"command":"there-is-no-such-command","addpay":""}`, `{}`, 0, "", `{"payload":{"code":-2}}`, "red dot rc:-2"},
		"no rights": {`{"command":"/dev/null","addpay":""}`, `{}`, 0, "", `{"payload":{"code":-13}}`, "red dot rc:-13"},
	} {
		t.Run(name, func(t *testing.T) {
			d := run(t, `{"useSpawn":"true",`+tc.config[1:], tc.message)
			printed := ""
			for _, m := range d.Messages(tc.port) {
				printed += flow.Text(m.Get("payload"))
			}
			if printed != tc.printed || len(d.Messages(1-tc.port)) > 0 {
				t.Errorf("printed %q, and on the other output %s", printed, d.Sent(1-tc.port))
			}
			expect(t, d, 2, tc.result)
			if badges := d.Badges(); badges[len(badges)-1] != tc.badge {
				t.Errorf("badges %q, want %q", badges, tc.badge)
			}
		})
	}
}

func TestSpawnBinary(t *testing.T) {
	d := flowtest.New(t, Type, `{"command":"printf","useSpawn":true,"addpay":"","append":"\\001\\210"}`)
	d.Handle(`{}`)
	d.Until(func() bool { return len(d.Done) == 1 })
	expect(t, d, 0, `{"payload":{"type":"Buffer","data":[1,136]}}`)
}

// Output comes while the command runs, and standard input stays open.
func TestSpawnStreams(t *testing.T) {
	d := flowtest.New(t, Type, `{"command":"sh -c \"echo ready; cat\"","addpay":"","useSpawn":"true"}`)
	d.Handle(`{"_msgid":"m1"}`)
	d.Until(func() bool { return len(d.Messages(0)) == 1 })
	if d.Messages(0)[0].ID() != "m1" {
		t.Error("the output is not of the message that came in")
	}
	d.Handle(`{"kill":"sigusr1"}`)
	d.Until(func() bool { return len(d.Done) == 2 })
	expect(t, d, 2, `{"payload":{"code":null,"signal":"SIGUSR1"}}`)
}

func TestKill(t *testing.T) {
	d := flowtest.New(t, Type, `{"command":"sleep 60 & sleep 60","addpay":""}`)
	d.Handle(`{}`)
	pid := strings.TrimPrefix(d.Badges()[0], "blue dot pid:")
	d.Handle(`{"kill":"SIGKILL","pid":"no such"}`)
	d.Handle(`{"kill":"SIGFOO"}`)
	if len(d.Done) != 2 || d.Done[0] != nil || d.Done[1] == nil || d.Done[1].Error() != "TypeError [ERR_UNKNOWN_SIGNAL]: Unknown signal: SIGFOO" {
		t.Fatalf("%v", d.Done)
	}
	d.Handle(`{}`) // with two of them one has to say which
	d.Handle(`{"kill":true}`)
	if badges := d.Badges(); badges[len(badges)-1] == "red dot killed" {
		t.Error("one of two was killed")
	}
	d.Handle(fmt.Sprintf(`{"kill":true,"pid":%s}`, pid))
	d.Until(func() bool { return len(d.Messages(2)) == 1 })
	d.Handle(`{"kill":""}`)
	d.Until(func() bool { return len(d.Messages(2)) == 2 })
	for _, m := range d.Messages(2) {
		if rc := m.Get("payload").(*flow.Object); rc.Get("signal") != "SIGTERM" || rc.Get("code") != (flow.Null{}) {
			t.Errorf("rc %s", flow.JSON(rc))
		}
	}
	d.Handle(`{"kill":""}`) // there is none any more
}

// Stop kills commands, all that they have started, and those that do not want to
// end. What they were asked for completes without a word.
func TestStop(t *testing.T) {
	for _, config := range []string{
		`{"command":"sleep 60 & sleep 60","addpay":""}`,
		`{"command":"sleep 60","addpay":"","useSpawn":"true"}`,
		`{"command":"yes","addpay":"","useSpawn":"true"}`,
		`{"command":"trap '' TERM; sleep 60 & wait; sleep 60","addpay":""}`,
	} {
		d := flowtest.New(t, Type, config)
		d.Handle(`{}`)
		if err := d.Node.(flow.Stopper).Stop(context.Background(), flow.Removed); err != nil {
			t.Error(err)
		}
		d.Run()
		if len(d.Done) != 1 || d.Done[0] != nil || len(d.Messages(2)) > 0 {
			t.Errorf("%s: %v, sent %s", config, d.Done, d.Sent(2))
		}
		if badges := d.Badges(); badges[len(badges)-1] != "" {
			t.Errorf("badges %q", badges)
		}
	}
}

// A command that prints faster than the flow handles it has to wait.
func TestWaitsForTheFlow(t *testing.T) {
	h := &host{posted: make(chan struct{}, 1000)}
	node, err := New(Config{Command: "yes", UseSpawn: true}, flow.Env{Host: h})
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Handle(flow.NewMessage(), flow.NewOutlet(flowtest.Discard{}, nil, nil)); err != nil {
		t.Fatal(err)
	}
	for range chunkCredits {
		<-h.posted
	}
	if err := node.(flow.Stopper).Stop(t.Context(), flow.Removed); err != nil {
		t.Error(err)
	}
	if got := len(h.posted); got != 1 { // the end
		t.Errorf("%d more were posted", got)
	}
}

// host counts what is posted to it and never runs it.
type host struct{ posted chan struct{} }

func (h *host) Status(*flow.Object)                          {}
func (h *host) Report(flow.Level, flow.Value, *flow.Message) {}

func (h *host) Post(c *flow.Cause, _ flow.Task) {
	c.Hold()
	h.posted <- struct{}{}
}

func TestBadCommands(t *testing.T) {
	for _, config := range []string{`{}`, `{"useSpawn":true}`, `{"useSpawn":true,"command":"\""}`} {
		d := flowtest.New(t, Type, config)
		d.Handle(`{}`)
		if len(d.Done) != 1 || d.Done[0] == nil || d.Done[0].Error() != "no command" {
			t.Errorf("%s: %v", config, d.Done)
		}
	}
	d := flowtest.New(t, Type, `{"addpay":"a.b"}`)
	d.Handle(`{}`)
	if missing, ok := errors.AsType[*flow.MissingParentError](d.Done[0]); !ok {
		t.Errorf("%v, %v", d.Done, missing)
	}
	if _, err := New(Config{AddPay: "a..b"}, flow.Env{}); err == nil {
		t.Error("a bad addpay is no error")
	}
}
