//go:build unix

package udpin_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowrun/flowrun/flow"
	"github.com/flowrun/flowrun/flow/flowtest"
	"github.com/flowrun/flowrun/internal/sockets/sockettest"
	"github.com/flowrun/flowrun/nodes/udpin"
	"github.com/flowrun/flowrun/runtime/session"
)

// sendUnix sends a datagram to a path from a socket of its own, without a name if
// from is empty.
func sendUnix(t *testing.T, from, path, datagram string) {
	t.Helper()
	var local *net.UnixAddr
	if from != "" {
		local = &net.UnixAddr{Name: from, Net: "unixgram"}
	}
	c, err := net.DialUnix("unixgram", local, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(datagram)); err != nil {
		t.Fatal(err)
	}
}

func TestUnixPath(t *testing.T) {
	dir := t.TempDir()
	path, peer := filepath.Join(dir, "in"), filepath.Join(dir, "peer")
	stale, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	_ = stale.Close() // which leaves its file

	d := flowtest.New(t, udpin.Type(session.New()), fmt.Sprintf(`{"path":%q,"pathMode":"0620","mode":"utf8","maxSize":3}`, path))
	sockettest.Expect(t, d, 0, fmt.Sprintf(`{"event":"listening","sessionId":"sess-*","path":%q}`, path))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o620 {
		t.Errorf("%v, %v", info, err)
	}
	sendUnix(t, peer, path, "one")
	sendUnix(t, "", path, "four")
	const data = `{"event":"data","sessionId":"sess-*","payload":%q,"rinfo":{"address":%q,"family":"Unix","size":3%s}}`
	sockettest.Expect(t, d, 1, fmt.Sprintf(data, "one", peer, ""), fmt.Sprintf(data, "fou", "", `,"truncated":true`))

	taken := flowtest.New(t, udpin.Type(session.New()), fmt.Sprintf(`{"path":%q}`, path))
	sockettest.Expect(t, taken, 0, fmt.Sprintf(`{"errorCode":"UDP_ERROR","errorText":"bind EADDRINUSE %s","event":"error","sessionId":"sess-*"}`, path))

	sockettest.Stop(t, d, flow.Restarted)
	sockettest.ExpectBadges(t, d, "green dot listening "+path, "", "grey ring closed")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
}

// What is in the way and no socket stays.
func TestUnixPathIsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := flowtest.New(t, udpin.Type(session.New()), fmt.Sprintf(`{"path":%q}`, path))
	sockettest.Expect(t, d, 0, fmt.Sprintf(`{"errorCode":"UDP_ERROR","errorText":"bind EADDRINUSE %s","event":"error","sessionId":"sess-*"}`, path))
	if text, err := os.ReadFile(path); string(text) != "mine" {
		t.Errorf("the file has %q, %v", text, err)
	}
}
