package flows_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
)

func TestGateway(t *testing.T) {
	d := deploy(t, "gateway.json")
	ann, bob := d.dial("7787"), d.dial("7787")
	for _, line := range [][2]string{
		{"LIST", "-"},
		{"GET speed", "ERR"},
		{"SET speed 1200", "OK"},
		{"set torque 4.5", "OK"},
		{"GET speed", "1200"},
		{"SET speed fast", "ERR"},
		{"SET speed", "ERR"},
		{"GET", "ERR"},
		{"RESET", "ERR"},
		{"", "ERR"},
		{"SET zero 0", "OK"},
		{"GET zero", "0"},
		{"LIST", "speed torque zero"},
	} {
		ann.say(line[0] + "\r\n")
		ann.expect(line[1] + "\n")
	}
	bob.say("GET torque\n")
	bob.expect("4.5\n")
}

func TestLibrary(t *testing.T) {
	d := deploy(t, "library.json")
	client := d.dial("7788")
	client.say("xor GET TEMP\nsum GET TEMP\n")
	client.expect("$GET TEMP*7A\n$GET TEMP*36\n")
	client.say("crc GET TEMP\n")
	client.expect("no such checksum\n")
	client.say("xor A\n")
	client.expect("$A*41\n")
}

func TestErrors(t *testing.T) {
	d := deploy(t, "errors.json")
	client := d.dial("7789")
	client.say(`{"celsius": 20}` + "\n")
	client.expect("68\n")
	client.say(`{"celsius": "warm"}` + "\n")
	client.expect("function: Error: celsius must be a number\n")
	client.say("20 degrees\n")
	client.expect("json: Unexpected ")
	if _, err := client.buf.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	client.say(`{"celsius": -40}` + "\n")
	client.expect("-40\n")
	if got, want := d.received("errors-good", 2), []any{1.0, 2.0}; !reflect.DeepEqual(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	d.wait("the status", 1, func(f frame) bool {
		status, _ := f.Msg["status"].(map[string]any)
		return f.Type == "receive" && f.ID == "errors-shown" && status["text"] == "2 converted"
	})
}

func TestWatchdog(t *testing.T) {
	d := deploy(t, "watchdog.json")
	client := d.dial("7790")
	client.say("pump1 1\npump2 1\npump1 2\n")
	want := []any{"pump1 is alive", "pump2 is alive", "pump1 is silent", "pump2 is silent", "pump2 is alive"}
	got := d.received("watchdog-debug", 4)
	client.say("pump2 3\n")
	got = append(got, d.received("watchdog-debug", 5)[4])
	if got[2] == "pump2 is silent" { // their times are up in the same moment
		got[2], got[3] = got[3], got[2]
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommand(t *testing.T) {
	d := deploy(t, "command.yaml")
	system, err := exec.Command("uname", "-s").Output()
	if err != nil {
		t.Fatal(err)
	}
	client := d.dial("7791")
	client.say("system\n")
	client.expect(string(system))
	client.say("fail\n")
	client.expect("exit code 3\n")
	client.say("rm -rf\n")
	client.expect("system or fail?\n")
}

func TestSubflow(t *testing.T) {
	d := deploy(t, "subflow.json")
	want := []any{"plant 2, line 7: 75 °C", "plant 2, line 7: 12 bar"}
	if got := d.received("sensors-debug", 2); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.wait("the alarm", 1, func(f frame) bool {
		status, _ := f.Msg["status"].(map[string]any)
		return f.Type == "receive" && f.ID == "sensors-alarm" && status["text"] == "too high"
	})
}

func TestReport(t *testing.T) {
	d := deploy(t, "report.json")
	d.received("report-done", 1)
	const want = `Night shift: 4 lines
- E 12:01 pump stopped
- E 12:06 no power
- W 12:03 pressure < 2 bar
- W 12:05 pressure > 9 bar
`
	if got, err := os.ReadFile(filepath.Join(d.dir, "report.txt")); err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestInbox(t *testing.T) {
	d := deploy(t, "csv-inbox.json")
	put := func(name, text string) {
		t.Helper()
		hidden := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(hidden, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(hidden, filepath.Join(d.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	put("notes.txt", "article,pieces,price\nnot,1,1\n")
	put("orders.csv", "article,pieces,price\nbolt,100,0.05\n\"nut, large\",50,0.10\n")
	got := d.received("inbox-debug", 1)
	put("more.csv", "article,pieces,price\nwasher,1000,0.01\n")
	got = append(got, d.received("inbox-debug", 2)[1])
	want := []any{"orders.csv: 2 rows, 10.00", "more.csv: 1 rows, 10.00"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
