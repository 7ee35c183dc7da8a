// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

var (
	// ErrEnded says that a process ended before it answered; its last words are with it.
	ErrEnded = errors.New("ended")
	// ErrSilent says that a process runs and does not answer.
	ErrSilent = errors.New("does not answer")
)

// patience is how long one may take to answer: an agent that learns a large cluster takes its time.
const patience = 3 * time.Minute

// Process is one that may run. It is gone with its TB.
type Process struct {
	Dir string // its files

	name string             // in errors: "the agent"
	node *testbed.Namespace // nil: where this process is
	args []string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// New is a process that does not run yet, with a directory from Directories. It is known by what it has as arguments: dir among
// them.
func New(tb testbed.TB, name string, node *testbed.Namespace, dir string, args ...string) *Process {
	p := &Process{Dir: dir, name: name, node: node, args: args}
	tb.Cleanup(p.Kill)
	return p
}

// Restart ends it, if it runs, without a warning, starts it anew and returns when it answers.
func (p *Process) Restart(ctx context.Context, answers func() error) error {
	p.Kill()
	log, err := os.Create(p.log())
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	defer log.Close()
	p.cmd = exec.Command(p.args[0], p.args[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's ^C is the benchmark's alone; the session's priority is not
	if err := p.start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	done := make(chan struct{})
	p.done = done
	go func(cmd *exec.Cmd) {
		cmd.Wait() //nolint:errcheck // how it ended stands in its log
		close(done)
	}(p.cmd)
	if err := remember(p.Dir, p.PID()); err != nil {
		return err
	}
	return p.wait(ctx, answers)
}

func (p *Process) start() error {
	if p.node == nil {
		return p.cmd.Start()
	}
	return p.node.Start(p.cmd)
}

// Signal sends a signal to the running process.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("sending %s the signal %v: %w", p.name, signal, err)
	}
	return nil
}

// PID is the number of the running process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

func (p *Process) log() string { return filepath.Join(p.Dir, "log") }

func (p *Process) wait(ctx context.Context, answers func() error) error {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if answers() == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.done:
			words, _ := os.ReadFile(p.log())
			return fmt.Errorf("%s %w; it says: %.500s", p.name, ErrEnded, words)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s %w", p.name, ErrSilent)
}

// Kill ends it, if it runs: what it would do on its way out is not needed for what follows.
func (p *Process) Kill() {
	if p.cmd == nil || p.done == nil {
		return
	}
	p.cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
	<-p.done
}
