package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

var (
	//go:embed shim
	shim embed.FS
	//go:embed package.json
	packageFile []byte
)

const (
	titleLimit = "3000" // ms that a title may take, as for Node-RED itself
	specLimit  = 7 * time.Minute
	startLimit = 10 * time.Second
	stopLimit  = 5 * time.Second
)

// lab is where spec files run.
type lab struct {
	source  string // checkout of Node-RED
	modules string // node_modules of the specs
	binary  string // flowrun
	dir     string // for results and logs
}

// installModules puts the modules that specs need into the user's cache folder,
// unless they are there, and returns their folder.
func installModules(ctx context.Context) (string, error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("the specs need Node.js and npm: %w", err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "flowrun-specs")
	modules, installed := filepath.Join(home, "node_modules"), filepath.Join(home, "installed.json")
	if old, err := os.ReadFile(installed); err == nil && bytes.Equal(old, packageFile) {
		return modules, nil
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(home, "package.json"), packageFile, 0o644); err != nil {
		return "", err
	}
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund")
	install.Dir = home
	if out, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("installing the modules of the specs: %w\n%s", err, out)
	}
	return modules, os.WriteFile(installed, packageFile, 0o644)
}

// versionOf returns the version of a checkout of Node-RED.
func versionOf(source string) (string, error) {
	text, err := os.ReadFile(filepath.Join(source, "package.json"))
	if err != nil {
		return "", fmt.Errorf("this is no checkout of Node-RED: %w", err)
	}
	var about struct{ Name, Version string }
	if err := json.Unmarshal(text, &about); err != nil || about.Name != "node-red" {
		return "", fmt.Errorf("%s is no checkout of Node-RED", source)
	}
	return about.Version, nil
}

// writeShim writes the modules of the shim to where mocha finds them.
func (l *lab) writeShim() error {
	if err := os.RemoveAll(filepath.Join(l.dir, "shim")); err != nil {
		return err
	}
	return os.CopyFS(l.dir, shim)
}

// shimFile returns the path of a module of the shim.
func (l *lab) shimFile(name string) string { return filepath.Join(l.dir, "shim", name) }

// runAll runs the spec files of a plan, some at a time, and returns their results
// in the order of the plan.
func (l *lab) runAll(ctx context.Context, p *plan, parallel int, progress io.Writer) ([]result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]result, len(p.specs))
	next := make(chan int, len(p.specs))
	for i := range p.specs {
		next <- i
	}
	close(next)
	var running sync.WaitGroup
	var printing sync.Mutex
	for range parallel {
		running.Go(func() {
			server, err := l.start(ctx)
			if err != nil {
				cancel(err)
				return
			}
			defer server.stop()
			for i := range next {
				r, err := l.runTwice(ctx, server, p.specs[i])
				if err != nil {
					cancel(err)
					return
				}
				results[i] = r
				printing.Lock()
				fmt.Fprintln(progress, r.line())
				printing.Unlock()
			}
		})
	}
	running.Wait()
	return results, context.Cause(ctx)
}

// runTwice runs a spec file, and once more if a title fails without a reason.
func (l *lab) runTwice(ctx context.Context, server *server, s spec) (result, error) {
	begin := time.Now()
	tests, err := l.mocha(ctx, server, s)
	if err != nil {
		return result{}, err
	}
	r := newResult(s, tests)
	if len(r.failed) > 0 {
		if tests, err = l.mocha(ctx, server, s); err != nil {
			return result{}, err
		}
		r = r.merge(newResult(s, tests))
	}
	r.took = time.Since(begin)
	return r, nil
}

// test is what the reporter says of a title.
type test struct{ Title, State, Error string }

// mocha runs a spec file in a process of its own. A file that does not come to
// its end has no tests.
func (l *lab) mocha(ctx context.Context, server *server, s spec) ([]test, error) {
	name := strings.ReplaceAll(s.path, "/", "_")
	file := filepath.Join(l.dir, name+".json")
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	log, err := os.Create(filepath.Join(l.dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // mocha has its own
	limited, cancel := context.WithTimeout(ctx, specLimit)
	defer cancel()
	mocha := exec.CommandContext(limited, "node", filepath.Join(l.modules, "mocha", "bin", "mocha.js"),
		"--require", l.shimFile("register.js"), "--reporter", l.shimFile("reporter.js"),
		"--timeout", titleLimit, "--exit", filepath.Join(l.source, "test", filepath.FromSlash(s.path)))
	mocha.Dir, mocha.Stdout, mocha.Stderr = l.source, log, log
	mocha.Env = append(os.Environ(), "SPECS_URL="+server.url, "SPECS_MODULES="+l.modules, "SPECS_RESULT="+file)
	_ = mocha.Run() // its exit code is the number of titles that failed
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var tests []test
	if err := json.Unmarshal(text, &tests); err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return tests, nil
}

// server is a flowrun that has no flows yet.
type server struct {
	url string
	cmd *exec.Cmd
}

// start starts a flowrun in the checkout, where specs look for files, and waits
// until it answers.
func (l *lab) start(ctx context.Context) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(l.dir, "flowrun-"+address[strings.LastIndexByte(address, ':')+1:]+".log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // flowrun has its own
	s := &server{url: "http://" + address, cmd: exec.Command(l.binary, "serve", "--conformance", "--admin", address)}
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = l.source, log, log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting flowrun: %w", err)
	}
	if err := s.awaitAnswer(ctx); err != nil {
		s.stop()
		text, _ := os.ReadFile(log.Name()) // the error says enough without
		return nil, fmt.Errorf("flowrun does not answer: %w\n%s", err, text)
	}
	return s, nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}

func (s *server) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/tap/nodes", nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

// stop asks flowrun to end, and kills it when it does not.
func (s *server) stop() {
	kill := time.AfterFunc(stopLimit, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		_ = s.cmd.Process.Kill() // not on Windows
	}
	_ = s.cmd.Wait() // however it ended
}
