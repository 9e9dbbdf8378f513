package qs

import (
	"errors"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

// What qs 6.16 makes of the same texts, with the options of Express.
func TestQuery(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`a=1&b=2`, `{"a":"1","b":"2"}`},
		{`a=1&a=2`, `{"a":["1","2"]}`},
		{`a[]=1&a[]=2`, `{"a":["1","2"]}`},
		{`a[b]=1&a[c][d]=2`, `{"a":{"b":"1","c":{"d":"2"}}}`},
		{`a[1]=x&a[0]=y`, `{"a":["y","x"]}`},
		{`a[5]=x&a[2]=y`, `{"a":["y","x"]}`},
		{`a`, `{"a":""}`},
		{`a=&b`, `{"a":"","b":""}`},
		{`a%5Bb%5D=c%20d+e`, `{"a":{"b":"c d e"}}`},
		{`a[b]=1&a=2`, `{"a":[{"b":"1"},"2"]}`},
		{`a=1&a[b]=2`, `{"a":["1",{"b":"2"}]}`},
		{`a[]=b&a[t]=u`, `{"a":{"0":"b","t":"u"}}`},
		{`a[0]=b&a[t]=u`, `{"a":{"0":"b","t":"u"}}`},
		{`=x&y=1`, `{"y":"1"}`},
		{`a[b][c][d][e][f][g][h]=i`, `{"a":{"b":{"c":{"d":{"e":{"f":{"[g][h]":"i"}}}}}}}`},
		{`a[b=c`, `{"a":{"[b":"c"}}`},
		{`a]b=c`, `{"a]b":"c"}`},
		{`a%zz=1&b=%zz`, `{"a%zz":"1","b":"%zz"}`},
		{`a=%E4+b&%E4=%C3%A4`, `{"a":"%E4 b","%E4":"ä"}`},
		{`a=%C3%A4%E4&b=%ED%A0%80&c=%C0%80`, `{"a":"%C3%A4%E4","b":"%ED%A0%80","c":"%C0%80"}`},
		{`toString=1&a[hasOwnProperty]=b`, `{"toString":"1","a":{"hasOwnProperty":"b"}}`},
		{`a[][b]=1&a[][b]=2`, `{"a":[{"b":["1","2"]}]}`},
		{`a[2000]=x`, `{"a":{"2000":"x"}}`},
		{`[]=1&[]=2`, `{"0":"1","1":"2"}`},
		{`a[0][b]=1&a[0][c]=2`, `{"a":[{"b":"1","c":"2"}]}`},
		{`x=1&x[]=2`, `{"x":["1","2"]}`},
		{`__proto__[x]=1&y=2`, `{"y":"2"}`},
		{`a.b=1`, `{"a.b":"1"}`},
	} {
		if got := flow.JSON(Query(c.text)); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestForm(t *testing.T) {
	o, err := Form("a=1&b[c]=2&d=%E4")
	if err != nil || flow.JSON(o) != `{"a":"1","b":{"c":"2"},"d":"%E4"}` {
		t.Errorf("got %s, %v", flow.JSON(o), err)
	}
	if _, err := Form("a" + strings.Repeat("[b]", 33) + "=1"); !errors.Is(err, ErrDepth) {
		t.Errorf("33 levels: %v", err)
	}
	if _, err := Form(strings.Repeat("a=1&", 1000)); !errors.Is(err, ErrParameters) {
		t.Errorf("1001 parameters: %v", err)
	}
}

// Elements without a value are no means to fill the memory.
func TestHoles(t *testing.T) {
	var text strings.Builder
	for range maxParameters - 1 {
		text.WriteString("a" + strings.Repeat("[999]", formDepth) + "=1&")
	}
	holes := maxHoles
	for range 3 {
		nest([]string{"a", "[999]", "[999]", "[999]", "[999]"}, "1", &holes)
	}
	if holes < 0 || holes > 999 {
		t.Errorf("%d holes are left", holes)
	}
	if _, err := Form(text.String()); err != nil {
		t.Error(err)
	}
}

func TestStringify(t *testing.T) {
	o := flow.NewObject("a b", "1 2/ü'()*!", "list", flow.Array{"x", 2.0}, "n", 1.5, "t", true, "o", &flow.Object{}, "z", flow.Null{})
	if got, want := Stringify(o), "a%20b=1%202%2F%C3%BC'()*!&list=x&list=2&n=1.5&t=true&o=&z="; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"a[b]=1&a=2", "a[][b]=c", "a[0]=1&a[x]=2&a[]=3", "[", "]=[", "%5b"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		Query(text) // it must not panic
		_, _ = Form(text)
	})
}
