package moment

import (
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	at := time.Date(2024, 2, 3, 15, 4, 5, 67_000_000, time.FixedZone("", 90*60))
	for format, want := range map[string]string{
		"YYYY-MM-DD HH:mm:ss.SSS": "2024-02-03 15:04:05.067",
		"YYYY-MM-DDTHH:mm:ssZ":    "2024-02-03T15:04:05+01:30",
		"dddd, Do MMMM YY":        "Saturday, 3rd February 24",
		"ddd dd d do e E":         "Sat Sa 6 6th 6 6",
		"h:mm a hh A k":           "3:04 pm 03 PM 15",
		"D M Mo Q Qo DDD DDDD":    "3 2 2nd 1 1st 34 034",
		"w ww wo gggg, W WW GGGG": "5 05 5th 2024, 5 05 2024",
		"S SS SSSS ZZ":            "0 06 0670 +0130",
		"LTS | L | LL | lll":      "3:04:05 PM | 02/03/2024 | February 3, 2024 | Feb 3, 2024 3:04 PM",
		"[Y] é [- YYYY":           "Y é [- 2024",
	} {
		if got := Format(at, format); got != want {
			t.Errorf("%q: got %q, want %q", format, got, want)
		}
	}
	for year, want := range map[int]string{2022: "1 2022 52 2021", 2023: "1 2023 52 2022"} {
		if got := Format(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), "w gggg W GGGG"); got != want {
			t.Errorf("%d-01-01: got %q, want %q", year, got, want)
		}
	}
}
