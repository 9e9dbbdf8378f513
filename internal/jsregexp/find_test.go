package jsregexp

import (
	"reflect"
	"testing"
)

func TestFindAll(t *testing.T) {
	for _, tc := range []struct {
		pattern, flags, in string
		n                  int
		want               [][]int
	}{
		{"b", "", "abcb", -1, [][]int{{1, 2}, {3, 4}}},
		{"b", "", "abcb", 1, [][]int{{1, 2}}},
		{"B", "i", "ébcb", -1, [][]int{{2, 3}, {4, 5}}},
		{"(a)|(b)", "", "ab", -1, [][]int{{0, 1, 0, 1, -1, -1}, {1, 2, -1, -1, 1, 2}}},
		{"(a)|(b)", "i", "ab", -1, [][]int{{0, 1, 0, 1, -1, -1}, {1, 2, -1, -1, 1, 2}}},
		{"(?=(é))é", "", "é", -1, [][]int{{0, 2, 0, 2}}},
		{"z", "", "abc", -1, nil},
		{"z", "i", "abc", -1, nil},
	} {
		re, err := Compile(tc.pattern, tc.flags)
		if err != nil {
			t.Fatal(err)
		}
		got, err := re.FindAll(tc.in, tc.n)
		if err != nil || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("/%s/%s in %q: got %v, %v; want %v", tc.pattern, tc.flags, tc.in, got, err, tc.want)
		}
	}
}
