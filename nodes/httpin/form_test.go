package httpin

import (
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/internal/webroutes"
)

// What multer 2.3 and busboy 1.6 make of the same parts, but that names are in
// UTF-8. "(" stands for "Content-Disposition: form-data; ".
func TestForm(t *testing.T) {
	s := newSite(t, `{"url":"/","method":"post","upload":true}`, webroutes.Options{})
	for _, c := range []struct{ head, content, fields, files string }{
		{`(name="a[b]"`, "1", `{"a":{"b":"1"}}`, ``},
		{`(name="f"; filename="x.TXT"`, "hi", `{}`, `f x.TXT 7bit text/plain hi 2`},
		{`(name="f"; filename="x"|Content-Type: Image/PNG; a=b`, "hi", `{}`, `f x 7bit image/png hi 2`},
		{`(name="f"; filename="x"|Content-Type: png`, "", `{}`, `f x 7bit text/plain  0`},
		{`(name="f"; filename="x"|Content-Transfer-Encoding: BASE64`, "aGk=", `{}`, `f x base64 text/plain aGk= 4`},
		{`(name="f"|Content-Transfer-Encoding: quoted-printable`, "a=20b", `{"f":"a=20b"}`, ``},
		{`(name="f"; filename=""|Content-Type: application/octet-stream`, "", `{}`, ``}, // no file is chosen
		{`(name="f"; filename=""`, "", `{"f":""}`, ``},
		{`(name="f"|Content-Type: application/octet-stream`, "hi", `{}`, ``},
		{`(name="f"; filename="C:\dir\a.txt"`, "", `{}`, `f a.txt 7bit text/plain  0`},
		{`(name="f"; filename="../a%22b%0A50%.pdf"`, "", `{}`, "f a\"b\n50%.pdf 7bit text/plain  0"},
		{`(name="f"; filename="a/.."`, "hi", `{}`, ``},
		{`(name="fü"; filename="ä.txt"`, "", `{}`, `fü ä.txt 7bit text/plain  0`},
		{"(name=\"f\"; filename=\"\xe4.txt\"", "", `{}`, `f ä.txt 7bit text/plain  0`},
		{`(name="f"; filename=z; filename*=UTF-8''%C3%A4.txt`, "", `{}`, `f ä.txt 7bit text/plain  0`},
		{`(name="a"|Content-Type: text/plain; charset="ISO-8859-1"`, "gr\xfc\xdf", `{"a":"grüß"}`, ``},
		{`(name="a"|Content-Type: text/plain; charset=utf-8`, "grüß", `{"a":"grüß"}`, ``},
		{`Content-Disposition: attachment; name="a"`, "hi", `{}`, ``},
		{`X-Other: a`, "hi", `{}`, ``},
	} {
		head := strings.NewReplacer("(", "Content-Disposition: form-data; ", "|", "\r\n").Replace(c.head)
		body := "--b\r\n" + head + "\r\n\r\n" + c.content + "\r\n--b--\r\n"
		msg := s.next(s.ask("POST", "/", body, "Content-Type", "multipart/form-data; boundary=b"))
		if got := flow.JSON(msg.Get("payload")); got != c.fields {
			t.Errorf("%s: the fields are %s, want %s", c.head, got, c.fields)
		}
		var files []string
		for _, file := range msg.Get("req").(*flow.Object).Get("files").(flow.Array) {
			for key, v := range file.(*flow.Object).All() {
				if b, ok := v.(flow.Buffer); ok && key == "buffer" {
					v = string(b)
				}
				files = append(files, flow.Text(v))
			}
		}
		if got := strings.Join(files, " "); got != c.files {
			t.Errorf("%s: the files are %q, want %q", c.head, got, c.files)
		}
	}
}

// A node that takes forms has nothing of other bodies, but of JSON.
func TestNoForm(t *testing.T) {
	s := newSite(t, `{"url":"/","method":"post","upload":true}`, webroutes.Options{})
	for _, c := range []struct{ typ, body, want string }{
		{"text/plain", "hi", `{}`},
		{"text/plain", "", `{}`},
		{"image/png", "hi", `{}`},
		{"application/json", `{"a":1}`, `{"a":1}`},
		{"application/x-www-form-urlencoded", `a=1`, `{"a":"1"}`},
	} {
		msg := s.next(s.ask("POST", "/", c.body, "Content-Type", c.typ))
		if got := flow.JSON(msg.Get("payload")); got != c.want {
			t.Errorf("%q of type %s: %s, want %s", c.body, c.typ, got, c.want)
		}
		if files := msg.Get("req").(*flow.Object).Get("files"); files != nil {
			t.Errorf("%q of type %s has files: %s", c.body, c.typ, flow.JSON(files))
		}
	}
	const part = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n"
	for _, c := range []struct{ typ, body string }{
		{"multipart/form-data; boundary=b", part}, // cut off
		{"multipart/form-data; boundary=b", "junk"},
		{"multipart/form-data", part + "--b--\r\n"},
		{"multipart/mixed; boundary=b", part + "--b--\r\n"},
		{"multipart/form-data; boundary=b", strings.Replace(part, "name", "nome", 1) + "--b--\r\n"},
		{"multipart/form-data; boundary=b", strings.Replace(part, "name", "filename", 1) + "--b--\r\n"},
	} {
		if got := <-s.ask("POST", "/", c.body, "Content-Type", c.typ); !strings.HasPrefix(got, "500 Internal Server Error") {
			t.Errorf("%q of type %s: %s", c.body, c.typ, got)
		}
	}
}
