package jscompare_test

import (
	"math"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/jscompare"
)

func TestEqual(t *testing.T) {
	o, list, buffer := &flow.Object{}, flow.Array{1.0}, flow.Buffer("a")
	for _, tc := range []struct {
		a, b flow.Value
		want bool
	}{
		{1.0, "1", true},
		{1.0, true, true},
		{"", 0.0, true},
		{"a", "a", true},
		{nil, flow.Null{}, true},
		{nil, 0.0, false},
		{flow.Null{}, false, false},
		{math.NaN(), math.NaN(), false},
		{o, o, true},
		{o, &flow.Object{}, false},
		{o, "[object Object]", true},
		{list, list, true},
		{list, flow.Array{1.0}, false},
		{list, "1", true},
		{buffer, buffer, true},
		{flow.Date(0), flow.Date(0), false},
	} {
		if jscompare.Equal(tc.a, tc.b) != tc.want || jscompare.Equal(tc.b, tc.a) != tc.want {
			t.Errorf("%v == %v is not %t", tc.a, tc.b, tc.want)
		}
	}
}

func TestOrder(t *testing.T) {
	for _, tc := range []struct {
		a, b flow.Value
		want int
		ok   bool
	}{
		{1.0, 2.0, -1, true},
		{"10", "9", -1, true},
		{"10", 9.0, 1, true},
		{flow.Null{}, 0.0, 0, true},
		{flow.Date(1), flow.Date(2), -1, true},
		{flow.Array{2.0}, 10.0, -1, true},
		{"x", 1.0, 0, false},
		{nil, nil, 0, false},
	} {
		order, ok := jscompare.Order(tc.a, tc.b)
		if ok != tc.ok || ok && order != tc.want {
			t.Errorf("the order of %v and %v is %d, %t, want %d, %t", tc.a, tc.b, order, ok, tc.want, tc.ok)
		}
	}
}
