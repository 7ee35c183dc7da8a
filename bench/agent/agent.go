// SPDX-License-Identifier: Apache-2.0

// Package agent runs Hypha's agent on a node of the testbed: the real binary, with directories of its own.
package agent

import (
	"context"
	"path/filepath"
	"syscall"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/process"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Agent is one that runs, and a client of it.
type Agent struct {
	*api.Client
	Pins string // directory of its programs, links and maps

	process *process.Process
}

// Start starts an agent on a node, and returns when it answers. It is gone with the TB, and so is what it leaves.
func Start(ctx context.Context, tb testbed.TB, node *testbed.Node, binary string, flags ...string) (*Agent, error) {
	dir, pins, err := process.Directories(tb)
	if err != nil {
		return nil, err
	}
	args := append([]string{
		binary, "agent", "--node", "node", "--docker", "off", "--log-level", "warn",
		"--state", filepath.Join(dir, "state"), "--run", dir, "--bpf", pins,
	}, flags...)
	a := &Agent{
		Client: api.NewClient(filepath.Join(dir, "hypha.sock")), Pins: pins,
		process: process.New(tb, "the agent", node.Namespace, dir, args...),
	}
	return a, a.Restart(ctx)
}

// Restart ends the agent, if it runs, without a warning, starts it anew and returns when it answers.
func (a *Agent) Restart(ctx context.Context) error {
	return a.process.Restart(ctx, func() error {
		_, err := a.Status(ctx)
		return err
	})
}

// Kill ends the agent, if it runs.
func (a *Agent) Kill() { a.process.Kill() }

// Pause has the agent stand still, until Resume.
func (a *Agent) Pause() error { return a.process.Signal(syscall.SIGSTOP) }

// Resume has it go on.
func (a *Agent) Resume() error { return a.process.Signal(syscall.SIGCONT) }

// PID is the agent's process.
func (a *Agent) PID() int { return a.process.PID() }
