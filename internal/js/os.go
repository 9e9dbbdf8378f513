package js

import (
	"os"
	"path/filepath"
	"runtime"

	"github.com/dop251/goja"
)

// osFacts is native.os(): what the os module says, with Node.js's names.
func (vm *VM) osFacts(goja.FunctionCall) goja.Value {
	hostname, _ := os.Hostname()
	home, _ := os.UserHomeDir()
	facts := vm.Runtime.NewObject()
	for name, value := range map[string]any{
		"hostname": hostname, "homedir": home, "tmpdir": filepath.Clean(os.TempDir()), "cpus": runtime.NumCPU(),
		"platform": nodeName(runtime.GOOS, map[string]string{"windows": "win32", "solaris": "sunos"}),
		"arch":     nodeName(runtime.GOARCH, map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}),
	} {
		_ = facts.Set(name, value)
	}
	return facts
}

func nodeName(name string, differing map[string]string) string {
	if other, ok := differing[name]; ok {
		return other
	}
	return name
}

// cwd is native.cwd(): the working directory with slashes.
func (vm *VM) cwd(goja.FunctionCall) goja.Value {
	dir, err := os.Getwd()
	if err != nil {
		panic(vm.Runtime.NewGoError(err))
	}
	return vm.Runtime.ToValue(filepath.ToSlash(dir))
}
