package js

import (
	"bytes"
	"slices"

	"github.com/dop251/goja"
)

// bufferNatives are what the methods of Buffer do to all of the bytes: a loop in
// JavaScript takes a hundred times as long.
func (vm *VM) bufferNatives(n *goja.Object) {
	_ = n.Set("fill", vm.fillBytes)
	_ = n.Set("compare", vm.compareBytes)
	_ = n.Set("search", vm.searchBytes)
	_ = n.Set("swap", vm.swapBytes)
	_ = n.Set("numbers", vm.numbersOf)
}

// fillBytes is native.fill(bytes, pattern): the pattern, which is not empty, is
// repeated. It may be a part of the bytes.
func (vm *VM) fillBytes(call goja.FunctionCall) goja.Value {
	b, _ := bytesOf(call.Argument(0))
	pattern, _ := bytesOf(call.Argument(1))
	for n := copy(b, pattern); n > 0 && n < len(b); {
		n += copy(b[n:], b[:n])
	}
	return goja.Undefined()
}

// compareBytes is native.compare(a, b): -1, 0 or 1.
func (vm *VM) compareBytes(call goja.FunctionCall) goja.Value {
	a, _ := bytesOf(call.Argument(0))
	b, _ := bytesOf(call.Argument(1))
	return vm.Runtime.ToValue(bytes.Compare(a, b))
}

// searchBytes is native.search(bytes, want, from, forward, step): the first place
// of want at or after from, or the last one at or before it, that is a multiple of
// step; -1 if there is none.
func (vm *VM) searchBytes(call goja.FunctionCall) goja.Value {
	b, _ := bytesOf(call.Argument(0))
	want, _ := bytesOf(call.Argument(1))
	from, step := int(call.Argument(2).ToInteger()), int(call.Argument(4).ToInteger())
	if call.Argument(3).ToBoolean() {
		return vm.Runtime.ToValue(firstAt(b, want, from, step))
	}
	return vm.Runtime.ToValue(lastAt(b, want, from, step))
}

func firstAt(b, want []byte, from, step int) int {
	for from <= len(b) {
		i := bytes.Index(b[from:], want)
		if i < 0 {
			break
		}
		if from += i; from%step == 0 {
			return from
		}
		from++
	}
	return -1
}

func lastAt(b, want []byte, from, step int) int {
	for from = min(from, len(b)-len(want)); from >= 0; from-- {
		from = bytes.LastIndex(b[:from+len(want)], want)
		if from < 0 || from%step == 0 {
			return from
		}
	}
	return -1
}

// swapBytes is native.swap(bytes, size): each group of so many bytes is reversed.
func (vm *VM) swapBytes(call goja.FunctionCall) goja.Value {
	b, _ := bytesOf(call.Argument(0))
	for group := range slices.Chunk(b, int(call.Argument(1).ToInteger())) {
		slices.Reverse(group)
	}
	return goja.Undefined()
}

// numbersOf is native.numbers(bytes): an array.
func (vm *VM) numbersOf(call goja.FunctionCall) goja.Value {
	b, _ := bytesOf(call.Argument(0))
	items := make([]any, len(b))
	for i, c := range b {
		items[i] = int64(c)
	}
	return vm.Runtime.NewArray(items...)
}
