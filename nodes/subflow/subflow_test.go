package subflow

import (
	"slices"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
)

func TestInstance(t *testing.T) {
	d := flowtest.New(t, Instance, `{"env":[]}`)
	d.Handle(`{"payload":1}`)
	if got := d.Sent(0); !slices.Equal(got, []string{`{"payload":1}`}) {
		t.Errorf("sent %q", got)
	}
	if err := d.Node.(flow.Stopper).Stop(t.Context(), flow.Restarted); err != nil {
		t.Fatal(err)
	}
	if got := d.Badges(); !slices.Equal(got, []string{""}) {
		t.Errorf("after the stop the badges are %q", got)
	}
}

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		payload flow.Value
		want    string
	}{
		{"on", "{\"text\":\"on\"}"},
		{flow.NewObject("fill", "red"), `{"fill":"red"}`},
		{flow.NewObject(), `{}`},
		{flow.NewObject("a", 1.0), `{"text":"{ a: 1 }"}`},
		{5.0, `{"text":"5"}`},
		{flow.Null{}, `{"text":"null"}`},
		{flow.Array{"abcdefghijklmnop", "abcdefghijklmnop"}, `{"text":"[ 'abcdefghijklmnop', 'abcdefghi..."}`},
	} {
		m := flow.NewMessage()
		m.Set("payload", c.payload)
		if got := flow.JSON(badgeOf(m)); got != c.want {
			t.Errorf("%s shows %s, want %s", flow.JSON(c.payload), got, c.want)
		}
	}
	d := flowtest.New(t, Status, `{}`)
	d.Handle(`{"status":{"fill":"blue","shape":"dot","text":"t"}}`)
	d.Handle(`{"topic":"nothing to show"}`)
	if got := d.Badges(); !slices.Equal(got, []string{"blue dot t"}) {
		t.Errorf("the badges are %q", got)
	}
}
