// SPDX-License-Identifier: Apache-2.0

// Package agent runs Hypha's agent on a node of the testbed: the real binary, with directories of its own.
package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

var (
	// ErrEnded says that an agent ended before it answered; its last words are with it.
	ErrEnded = errors.New("the agent ended")
	// ErrSilent says that an agent runs and does not answer.
	ErrSilent = errors.New("the agent does not answer")
)

// Agent is one that runs, and a client of it.
type Agent struct {
	*api.Client
	Pins string // directory of its programs, links and maps

	node   *testbed.Node
	binary string
	flags  []string
	dir    string
	cmd    *exec.Cmd
	ended  chan struct{}
}

// Start starts an agent on a node, and returns when it answers. It is gone with the TB, and so is what it leaves.
func Start(ctx context.Context, tb testbed.TB, node *testbed.Node, binary string, flags ...string) (*Agent, error) {
	dir, pins, err := directories(tb)
	if err != nil {
		return nil, err
	}
	a := &Agent{Client: api.NewClient(filepath.Join(dir, "hypha.sock")), Pins: pins, node: node, binary: binary, dir: dir}
	a.flags = append([]string{
		"agent", "--node", "node", "--docker", "off", "--log-level", "warn",
		"--state", filepath.Join(dir, "state"), "--run", dir, "--bpf", pins,
	}, flags...)
	tb.Cleanup(a.Kill)
	return a, a.Restart(ctx)
}

// Restart ends the agent, if it runs, without a warning, starts it anew and returns when it answers.
func (a *Agent) Restart(ctx context.Context) error {
	a.Kill()
	log, err := os.Create(filepath.Join(a.dir, "log"))
	if err != nil {
		return fmt.Errorf("starting the agent: %w", err)
	}
	defer log.Close()
	a.cmd = exec.Command(a.binary, a.flags...)
	a.cmd.Stdout, a.cmd.Stderr = log, log
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a terminal's ^C is the benchmark's alone
	if err := a.node.Start(a.cmd); err != nil {
		return fmt.Errorf("starting the agent: %w", err)
	}
	ended := make(chan struct{})
	a.ended = ended
	go func(cmd *exec.Cmd) {
		cmd.Wait() //nolint:errcheck // how it ended stands in its log
		close(ended)
	}(a.cmd)
	if err := a.remember(); err != nil {
		return err
	}
	return a.answers(ctx)
}

// PID is the agent's process.
func (a *Agent) PID() int { return a.cmd.Process.Pid }

func (a *Agent) answers(ctx context.Context) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if _, err := a.Status(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.ended:
			words, _ := os.ReadFile(filepath.Join(a.dir, "log"))
			return fmt.Errorf("%w; it says: %.500s", ErrEnded, words)
		case <-time.After(2 * time.Millisecond):
		}
	}
	return ErrSilent
}

// Kill ends the agent, if it runs: what it would do on its way out is not needed for what follows.
func (a *Agent) Kill() {
	if a.cmd == nil || a.ended == nil {
		return
	}
	a.cmd.Process.Kill() //nolint:errcheck // it may have ended by itself
	<-a.ended
}
