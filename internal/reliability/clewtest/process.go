package clewtest

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// A Process is a clew that keeps running and serves nobody.
type Process struct {
	Command *exec.Cmd
	words   *lockedBuffer
	ended   chan struct{} // closed when the process is gone
}

// Start starts a command line and ends it with the test.
func (h *Home) Start(t testing.TB, args ...string) *Process {
	t.Helper()
	p := &Process{Command: h.Command(args...), words: &lockedBuffer{}, ended: make(chan struct{})}
	p.Command.Stderr = p.words
	if err := p.Command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Command.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Kill ends the process as kill -9 does, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.Command.Process.Kill() // it may be gone already
	<-p.ended
}

// Stop asks the process to end, and reports its exit code; -1 where it did not in
// time.
func (p *Process) Stop(within time.Duration) int {
	_ = p.Command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return p.Command.ProcessState.ExitCode()
	case <-time.After(within):
		return -1
	}
}

// Words is what the process has said on standard error.
func (p *Process) Words() string { return p.words.String() }
