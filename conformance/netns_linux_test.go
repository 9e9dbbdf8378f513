package conformance

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// exitNoNamespace is the exit code of a child that could not set up its namespace.
const exitNoNamespace = 3

// runInNamespace runs this test binary again in a network and mount namespace of
// its own, where childMain takes over; env tells it what to do. The error is
// errNoNamespace where that is not possible.
func runInNamespace(ctx context.Context, env []string) error {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
		Pdeathsig:  syscall.SIGKILL,
	}
	runtime.LockOSThread() // Pdeathsig counts from the thread that started the child
	defer runtime.UnlockOSThread()
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSYS):
		return fmt.Errorf("%w: %w", errNoNamespace, err)
	case errors.As(err, &exit) && exit.ExitCode() == exitNoNamespace:
		return fmt.Errorf("%w: %s", errNoNamespace, output)
	case err != nil:
		return fmt.Errorf("%w\n%s", err, output)
	}
	return nil
}

// enterNamespace makes the fresh namespace a place to run in: a loopback
// interface that carries multicast too, and the resolver's configuration.
func enterNamespace(dir string) error {
	if err := bringUpLoopback(); err != nil {
		return fmt.Errorf("bringing up lo: %w", err)
	}
	if err := routeMulticast(); err != nil {
		return fmt.Errorf("routing 224.0.0.0/4: %w", err)
	}
	// Without this the mount below would be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	resolver := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(resolver, []byte("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"), 0o644); err != nil {
		return err
	}
	if err := unix.Mount(resolver, "/etc/resolv.conf", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting resolv.conf: %w", err)
	}
	return nil
}

// bringUpLoopback is `ip link set lo up multicast on`.
func bringUpLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, request); err != nil {
		return err
	}
	request.SetUint16(request.Uint16() | unix.IFF_UP | unix.IFF_MULTICAST)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// routeMulticast is `ip route add 224.0.0.0/4 dev lo src 127.0.0.1`, as a request
// to the kernel: rtnetlink(7).
func routeMulticast() error {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	order := binary.NativeEndian
	attribute := func(b []byte, kind uint16, value []byte) []byte {
		b = order.AppendUint16(b, uint16(unix.SizeofRtAttr+len(value)))
		return append(order.AppendUint16(b, kind), value...)
	}
	const prefix = 4
	route := []byte{unix.AF_INET, prefix, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0}
	route = attribute(route, unix.RTA_DST, net.IPv4(224, 0, 0, 0).To4())
	route = attribute(route, unix.RTA_OIF, order.AppendUint32(nil, uint32(lo.Index)))
	route = attribute(route, unix.RTA_PREFSRC, net.IPv4(127, 0, 0, 1).To4())

	message := order.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(route)))
	message = order.AppendUint16(message, unix.RTM_NEWROUTE)
	message = order.AppendUint16(message, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	message = append(message, 0, 0, 0, 0, 0, 0, 0, 0) // sequence number and port id
	return netlink(append(message, route...))
}

// netlink sends a request and returns the error that the kernel answers with.
func netlink(message []byte) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Sendto(fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	reply := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, reply, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint16(reply[4:]) != unix.NLMSG_ERROR {
		return fmt.Errorf("unexpected answer %x", reply[:n])
	}
	if code := int32(binary.NativeEndian.Uint32(reply[unix.SizeofNlMsghdr:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}
