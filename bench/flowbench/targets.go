package main

// target is the most that a row of the table may have: a ratio to its baseline,
// or a value in the row's unit.
type target struct {
	part, load string
	most       float64
	ratio      bool
}

// targets says what flowrun shall reach.
var targets = []target{
	{"echo binary", inFlight1, 1.25, true},
	{"echo binary", inFlight32, 1.5, true},
	{"echo line", inFlight1, 1.3, true},
	{"echo line", inFlight32, 2.5, true},
	{"line → function → send", inFlight1, 1.8, true},
	{"line → function → send", inFlight32, 5, true},
	{"line → ten changes → send", inFlight1, 1.6, true},
	{"line → ten changes → send", inFlight32, 4, true},
	{"UDP echo", inFlight1, 1.6, true},
	{"UDP echo", inFlight8, 1.6, true},
	{restFlow, "", 1.6, true},
	{"connect, echo, close", "", 1.4, true},
	{"idle sessions", "", 4300, false},
	{"idle TLS sessions", "", 20_000, false},
	{"start", "", 40, false},
	{"resident memory", "", 20, false},
	{"binary size", "", 30, false},
	{"flat: other sessions", "", 1.2, true},
	{"flat: nodes in the flow", "", 1.2, true},
	{"flat: flows", "", 1.2, true},
	{"watched: ten console pages", "", 1.05, true},
	{"watched: a tap client that reads nothing", "", 1.05, true},
	{"p99 at half load", "", 2, true},
}

const (
	inFlight1  = "1 in flight"
	inFlight8  = "8 in flight"
	inFlight32 = "32 in flight"
)

// targetOf returns the target of a row. A load of "" stands for any.
func targetOf(part, load string) (target, bool) {
	for _, t := range targets {
		if t.part == part && (t.load == "" || t.load == load) {
			return t, true
		}
	}
	return target{}, false
}
