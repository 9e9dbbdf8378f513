package httprequest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/flowrun/flowrun/flow"
)

func TestRedirects(t *testing.T) {
	var other string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/here":
			http.SetCookie(w, &http.Cookie{Name: "new", Value: "1"})
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/away":
			http.Redirect(w, r, other+"/there", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "ftp://x.invalid/", http.StatusFound)
		case "/nowhere":
			http.Redirect(w, r, "http://", http.StatusFound)
		default:
			_, _ = fmt.Fprint(w, r.Method, " ", r.Header.Get("Cookie"), " ", r.Header.Get("Authorization"))
		}
	})
	other = strings.Replace(url, "127.0.0.1", "localhost", 1)
	_, msg := ask(t, url, `{"url":"URL/here","method":"POST"}`, `{"cookies":{"own":"a b","gone":null},"headers":{"cookie":"raw=x"}}`)
	if got := flow.JSON(msg.Get("payload")); got != `"POST raw=x; own=a%20b; new=1 "` {
		t.Errorf("got %s", got)
	}
	if got := flow.JSON(msg.Get("redirectList")); got != `[{"location":"/there","cookies":{"new":{"value":"1"}}}]` {
		t.Errorf("the list is %s", got)
	}
	_, msg = ask(t, url, `{"url":"URL/away","method":"POST"}`, `{"payload":"x","cookies":{"own":"1"},"headers":{"Authorization":"secret"}}`)
	if got := flow.JSON(msg.Get("payload")); got != `"POST  "` {
		t.Errorf("elsewhere: %s", got)
	}
	if _, msg = ask(t, url, `{"url":"URL/here"}`, `{"followRedirects":false}`); msg.Get("statusCode") != 302.0 {
		t.Errorf("not followed: %s", flow.JSON(msg))
	}
	for path, want := range map[string]string{"loop": "ERR_TOO_MANY_REDIRECTS", "file": "ERR_UNSUPPORTED_PROTOCOL", "nowhere": "ERR_INVALID_URL"} {
		if _, msg = ask(t, url, `{"url":"URL/`+path+`"}`, `{}`); msg.Get("statusCode") != want {
			t.Errorf("%s: %s, want %s", path, flow.JSON(msg), want)
		}
	}
}

// Method and body go along, but with 303.
func TestRedirectCodes(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.URL.Path[1:])
		if err != nil {
			echo(w, r)
			return
		}
		w.Header().Set("Location", "/a b/../\xc3\xbc\\?"+r.Method)
		w.WriteHeader(code)
	})
	for _, c := range []struct{ path, method, want string }{
		{"300", "POST", "POST /%C3%BC/?POST [] x"},
		{"301", "POST", "POST /%C3%BC/?POST [] x"},
		{"302", "PUT", "PUT /%C3%BC/?PUT [] x"},
		{"302", "GET", "GET /%C3%BC/?GET [] "},
		{"303", "POST", "GET /%C3%BC/?POST [] "},
		{"303", "DELETE", "GET /%C3%BC/?DELETE [] "},
		{"303", "HEAD", ""},
		{"305", "POST", ""},
		{"307", "POST", "POST /%C3%BC/?POST [] x"},
		{"308", "PATCH", "PATCH /%C3%BC/?PATCH [] x"},
	} {
		_, msg := ask(t, url, `{"url":"URL/`+c.path+`","method":"`+c.method+`"}`, `{"payload":"x"}`)
		if got := msg.Get("payload"); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.method, c.path, got, c.want)
		}
	}
}

// As many redirects as Node-RED follows, and no more.
func TestRedirectCount(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.URL.Path[1:]); n > 0 {
			http.Redirect(w, r, "/"+strconv.Itoa(n-1), http.StatusFound)
		}
	})
	for path, want := range map[string]flow.Value{"21": 200.0, "22": "ERR_TOO_MANY_REDIRECTS"} {
		if _, msg := ask(t, url, `{"url":"URL/`+path+`"}`, `{}`); msg.Get("statusCode") != want {
			t.Errorf("%s redirects: %s", path, flow.JSON(msg))
		}
	}
}

// Cookies belong to the host of the URL, whatever the header Host says. That goes to
// the first server only.
func TestCookies(t *testing.T) {
	var first, second string
	both := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			w.Header().Set("Set-Cookie", `new="1"`)
			http.Redirect(w, r, "/?"+r.URL.RawQuery, http.StatusFound)
		case "/port":
			http.Redirect(w, r, second, http.StatusFound)
		case "/host":
			http.Redirect(w, r, strings.Replace(second, "127.0.0.1", "localhost", 1), http.StatusFound)
		default:
			host := r.Host
			if host != "flow.example" {
				host = ""
			}
			_, _ = fmt.Fprintf(w, "%s [%s] [%s]", host, r.Header.Get("Cookie"), r.Header.Get("Referer"))
		}
	}
	first, second = serve(t, both), serve(t, both)
	for _, c := range []struct{ path, headers, want string }{
		{"/", `"cookie":"raw=x"`, " [raw=x; own=a%20b] []"},
		{"/", `"Cookie":"raw=x","Host":"flow.example"`, "flow.example [raw=x; own=a%20b] []"},
		{"/?secret", `"host":"flow.example"`, "flow.example [own=a%20b] []"},
		{"/same?secret", `"cookie":"raw=x"`, ` [raw=x; own=a%20b; new="1"] []`},
		{"/same?secret", `"cookie":"raw=x","Host":"flow.example"`, `flow.example [raw=x; own=a%20b; new="1"] []`},
		{"/same", `"referer":"me"`, ` [own=a%20b; new="1"] [me]`},
		{"/port?secret", `"cookie":"raw=x","host":"flow.example"`, " [raw=x; own=a%20b] []"},
		{"/host?secret", `"cookie":"raw=x","Host":"flow.example"`, " [] []"},
	} {
		_, msg := ask(t, first, `{"url":"URL`+c.path+`"}`, `{"headers":{`+c.headers+`},"cookies":{"own":"a b"}}`)
		if got := msg.Get("payload"); got != c.want {
			t.Errorf("%s with %s: %q, want %q", c.path, c.headers, got, c.want)
		}
	}
}

// A user in the URL of a redirect is for a server that was not asked before.
func TestUserOfRedirect(t *testing.T) {
	var first, second string
	both := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, strings.Replace(first, "//", "//u:p@", 1), http.StatusFound)
		case "/other":
			http.Redirect(w, r, strings.Replace(second, "//", "//u:p@", 1), http.StatusFound)
		default:
			_, _ = io.WriteString(w, r.Header.Get("Authorization"))
		}
	}
	first, second = serve(t, both), serve(t, both)
	for path, want := range map[string]string{"/same": "mine", "/other": "Basic dTpw"} {
		if _, msg := ask(t, first, `{"url":"URL`+path+`"}`, `{"headers":{"authorization":"mine"}}`); msg.Get("payload") != want {
			t.Errorf("%s: %s, want %s", path, flow.JSON(msg), want)
		}
	}
}
