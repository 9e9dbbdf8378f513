package conformance

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const dataDir = "../testdata/conformance"

// scenario is a flow and the steps that drive it.
type scenario struct {
	Name     string          `json:"name"`
	Flow     json.RawMessage `json:"flow"`
	Before   []step          `json:"before"` // run before flowrun starts
	Steps    []step          `json:"steps"`
	Requires []string        `json:"requires"`
	DNS      string          `json:"dns"`       // "none": no name server in the namespace
	SettleMS *int            `json:"settle_ms"` // how long to listen after the last step
}

// step is one thing the driver does. Do names it and says which other fields count.
type step struct {
	data
	Do       string          `json:"do"`
	ID       string          `json:"id"` // the peer
	Host     string          `json:"host"`
	Port     json.Number     `json:"port"`
	FromPort json.Number     `json:"from_port"`
	Group    string          `json:"group"` // multicast group to join
	Segments []segment       `json:"segments"`
	GapMS    *int            `json:"gap_ms"` // between segments
	Regex    string          `json:"regex"`
	Expect   string          `json:"expect"`
	Kind     string          `json:"kind"` // how a connection is to end
	Script   []action        `json:"script"`
	WithinMS *int            `json:"within_ms"`
	MS       int             `json:"ms"`
	Node     string          `json:"node"`
	Body     json.RawMessage `json:"body"`
	Match    json.RawMessage `json:"match"`
	Count    *int            `json:"count"`
	Flow     json.RawMessage `json:"flow"`
	Type     string          `json:"type"` // of a deploy
}

// action is one thing that a scripted server does with a connection; its fields
// count in the order in which they stand here.
type action struct {
	Recv      *string `json:"recv"` // wait for this text
	RecvRegex string  `json:"recv_regex"`
	WithinMS  *int    `json:"within_ms"`
	SleepMS   int     `json:"sleep"`
	Send      *string `json:"send"`
	SendHex   *string `json:"send_hex"`
	End       bool    `json:"end"`
	Reset     bool    `json:"reset"`
	Close     bool    `json:"close"`
}

// data is bytes to send or to expect: text, text repeated, or hexadecimal.
type data struct {
	Text   *string `json:"text"`
	Hex    *string `json:"hex"`
	Repeat *int    `json:"repeat"`
}

// given tells whether there is any data, be it empty.
func (d data) given() bool { return d.Text != nil || d.Hex != nil }

func (d data) bytes() ([]byte, error) {
	switch {
	case d.Hex != nil:
		return hex.DecodeString(strings.ReplaceAll(*d.Hex, " ", ""))
	case d.Text == nil:
		return nil, nil
	case d.Repeat != nil:
		return bytes.Repeat([]byte(*d.Text), *d.Repeat), nil
	}
	return []byte(*d.Text), nil
}

// segment is data that is sent by itself; text may stand for {"text": …}.
type segment struct{ data }

func (s *segment) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte(`"`)) {
		return json.Unmarshal(text, &s.Text)
	}
	return json.Unmarshal(text, &s.data)
}

// patience is how many times longer than a scenario says the driver waits: what
// took Node-RED so long may take longer on a busy machine, and a wait that
// succeeds takes no longer by it.
const patience = 2

func milliseconds(given *int, otherwise int) time.Duration {
	if given != nil {
		otherwise = *given
	}
	return time.Duration(otherwise) * time.Millisecond
}

func within(given *int, otherwise int) time.Duration {
	return patience * milliseconds(given, otherwise)
}

// address is the host, or the one given, with the step's port.
func (s step) address(otherwise string) string {
	host := s.Host
	if host == "" {
		host = otherwise
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + s.Port.String()
}

// name is how differences and diagnostics call a scenario file.
func name(file string) string { return strings.TrimSuffix(filepath.Base(file), ".json") }

func scenarioFile(name string) string {
	return filepath.Join(dataDir, "scenarios", name+".json")
}

// scenarioNames lists the scenarios in order.
func scenarioNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(scenarioFile("*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s (%v)", dataDir, err)
	}
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = name(file)
	}
	slices.Sort(names)
	return names
}

// loadScenario reads a scenario and puts the ports into it.
func loadScenario(name string, ports portMap) (scenario, error) {
	var s scenario
	text, err := os.ReadFile(scenarioFile(name))
	if err != nil {
		return s, err
	}
	for port, placeholder := range ports {
		text = bytes.ReplaceAll(text, []byte(placeholder), []byte(strconv.Itoa(port)))
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("reading scenario %s: %w", name, err)
	}
	return s, nil
}

// missingType returns a node type of the flow that is none of those given, "" if
// all of them are.
func (s scenario) missingType(types []string) (string, error) {
	var nodes []struct{ Type string }
	if err := json.Unmarshal(s.Flow, &nodes); err != nil {
		return "", fmt.Errorf("reading the flow of %s: %w", s.Name, err)
	}
	for _, node := range nodes {
		structure := node.Type == "tab" || strings.HasPrefix(node.Type, "subflow")
		if !structure && !slices.Contains(types, node.Type) {
			return node.Type, nil
		}
	}
	return "", nil
}

// TestScenarioFiles checks that every scenario has its transcript and the other way round.
func TestScenarioFiles(t *testing.T) {
	var transcripts []string
	files, err := filepath.Glob(transcriptFile("*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		transcripts = append(transcripts, name(file))
	}
	slices.Sort(transcripts)
	names := scenarioNames(t)
	if !slices.Equal(names, transcripts) {
		t.Errorf("scenarios and transcripts do not go together:\n%v\n%v", names, transcripts)
	}
	for _, name := range names {
		s, err := loadScenario(name, newPortMap([]int{1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009}))
		if err != nil {
			t.Error(err)
		} else if s.Name != name {
			t.Errorf("%s names itself %q", name, s.Name)
		}
	}
}

func TestSegments(t *testing.T) {
	var s step
	text := `{"do":"tcp.send","text":"a","repeat":3,"segments":["x",{"hex":"c3 a4"}]}`
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"aaa", "x", "ä"} {
		d := s.data
		if i > 0 {
			d = s.Segments[i-1].data
		}
		if got, err := d.bytes(); err != nil || string(got) != want {
			t.Errorf("data %d is %q (%v), want %q", i, got, err, want)
		}
	}
}
