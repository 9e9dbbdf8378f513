package js

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"hash"
	"strings"

	"github.com/dop251/goja"
)

// hashes are the algorithms of createHash and createHmac, by their names without
// dashes. The weak ones are for talking to devices that know no other.
var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New,
	"sha384": sha512.New384, "sha512": sha512.New,
}

// digest is native.digest(algorithm, bytes, key): the hash as an ArrayBuffer, an
// HMAC if there is a key, and undefined if there is no such algorithm.
func (vm *VM) digest(call goja.FunctionCall) goja.Value {
	name := strings.ReplaceAll(strings.ToLower(call.Argument(0).String()), "-", "")
	algorithm, ok := hashes[name]
	if !ok {
		return goja.Undefined()
	}
	h := algorithm()
	if key, ok := bytesOf(call.Argument(2)); ok {
		h = hmac.New(algorithm, key)
	}
	b, _ := bytesOf(call.Argument(1))
	h.Write(b)
	return vm.Runtime.ToValue(vm.Runtime.NewArrayBuffer(h.Sum(nil)))
}

// random is native.random(n): an ArrayBuffer of n random bytes.
func (vm *VM) random(call goja.FunctionCall) goja.Value {
	b := make([]byte, max(call.Argument(0).ToInteger(), 0))
	_, _ = rand.Read(b) // never fails
	return vm.Runtime.ToValue(vm.Runtime.NewArrayBuffer(b))
}

func (vm *VM) equalInConstantTime(call goja.FunctionCall) goja.Value {
	a, _ := bytesOf(call.Argument(0))
	b, _ := bytesOf(call.Argument(1))
	return vm.Runtime.ToValue(subtle.ConstantTimeCompare(a, b) == 1)
}
