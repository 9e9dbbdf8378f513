package main

import (
	"os"
	"runtime"
	"testing"
)

func TestSecondSignalExits(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows sends no signals to processes")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	codes := make(chan int)
	ctx, stop := untilSignal(func(code int) { codes <- code })
	defer stop()
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if err := self.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := <-codes; code != exitFailed {
		t.Errorf("exit code %d", code)
	}
}
