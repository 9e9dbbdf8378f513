package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

const (
	startPatience = 20 * time.Second // until a server listens
	stopPatience  = 20 * time.Second // until an interrupted one has ended
	startPoll     = 500 * time.Microsecond
)

// Process is a server that runs as a process of its own.
type Process struct {
	cmd     *exec.Cmd
	started time.Time
	log     bytes.Buffer  // what it printed; read it after the end
	ended   chan struct{} // closed when err is set
	err     error
	ready   time.Duration
}

// Start runs a command with more environment variables (NAME=VALUE), until Stop.
func Start(env []string, command ...string) (*Process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &p.log, &p.log
	p.started = time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// PlainAddrs are where the plain server listens.
type PlainAddrs struct{ TCP, UDP, HTTP string }

// StartPlain runs this very program as the plain server on three free ports, with
// more environment variables, and returns when it listens. The program's main calls
// ServePlain first.
func StartPlain(ctx context.Context, env ...string) (*Process, PlainAddrs, error) {
	addrs, err := FreeAddrs(3)
	if err != nil {
		return nil, PlainAddrs{}, err
	}
	at := PlainAddrs{addrs[0], addrs[1], addrs[2]}
	executable, err := os.Executable()
	if err != nil {
		return nil, at, err
	}
	p, err := Start(append(env, plainAddrs+"="+strings.Join(addrs, " ")), executable)
	if err != nil {
		return nil, at, err
	}
	if err := p.WaitListening(ctx, at.TCP, at.HTTP); err != nil {
		return nil, at, err
	}
	return p, at, nil
}

// Ready returns how long it took from the start of the process until WaitListening
// was content.
func (p *Process) Ready() time.Duration { return p.ready }

// Usage returns what the process has used so far.
func (p *Process) Usage() (Usage, error) { return UsageOf(p.cmd.Process.Pid) }

// WaitListening waits until the process accepts connections on all of the
// addresses. A process that does not come to it is stopped.
func (p *Process) WaitListening(ctx context.Context, addrs ...string) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	retry := time.NewTicker(startPoll)
	defer retry.Stop()
	var dialer net.Dialer
	for _, addr := range addrs {
		for {
			conn, err := dialer.DialContext(ctx, "tcp", addr)
			if err == nil {
				_ = conn.Close()
				break
			}
			select {
			case <-retry.C:
			case <-p.ended:
				return fmt.Errorf("%s ended before it listened: %w\n%s", p.cmd.Path, p.err, p.log.Bytes())
			case <-ctx.Done():
				return errors.Join(fmt.Errorf("%s does not listen: %w", p.cmd.Path, err), p.Stop())
			}
		}
	}
	p.ready = time.Since(p.started)
	return nil
}

// Stop interrupts the process and waits for its end.
func (p *Process) Stop() error {
	if err := p.interrupt(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	kill := time.AfterFunc(stopPatience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	<-p.ended
	if p.err != nil {
		return fmt.Errorf("%s did not end well: %w\n%s", p.cmd.Path, p.err, p.log.Bytes())
	}
	return nil
}

// interrupt asks for an orderly end. Windows has no such signal.
func (p *Process) interrupt() error {
	err := p.cmd.Process.Signal(os.Interrupt)
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return p.cmd.Process.Kill()
	}
	return err
}

// FreeAddrs returns n different addresses on 127.0.0.1 that nobody uses for TCP
// or UDP. Their ports lie below those that systems give to outgoing connections,
// so none of these takes one before the caller does.
func FreeAddrs(n int) ([]string, error) {
	var addrs []string
	for range 100 * n {
		if len(addrs) == n {
			return addrs, nil
		}
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		if !slices.Contains(addrs, addr) && isFree(addr) {
			addrs = append(addrs, addr)
		}
	}
	return nil, errors.New("too few free ports on 127.0.0.1")
}

func isFree(addr string) bool {
	listener, err := net.Listen("tcp4", addr)
	if err != nil {
		return false
	}
	defer func() { _ = listener.Close() }()
	socket, err := net.ListenPacket("udp4", addr)
	if err != nil {
		return false
	}
	_ = socket.Close()
	return true
}
