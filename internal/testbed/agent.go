// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Agent is a machine that is a node of a cluster: it has directories of its own, and an agent when one runs.
type Agent struct {
	*Node
	*Process   // nil when none has been started
	State, Run string
	BPF        string // on the BPF file system that all of them share
	Log        string // file
	hypha      string
	args       []string
}

// newAgent makes a machine, on which no agent runs.
func newAgent(w *World, hypha, name, dir string, args []string) *Agent {
	w.tb.Helper()
	a := &Agent{Node: w.NewNode(name), hypha: hypha, Log: filepath.Join(dir, name+".log")}
	a.State, a.Run = filepath.Join(dir, name, "state"), filepath.Join(dir, name, "run")
	a.BPF = filepath.Join("/sys/fs/bpf", a.Name)
	a.args = append([]string{"agent", "--node", name, "--docker", "off", "--state", a.State, "--run", a.Run, "--bpf", a.BPF}, args...)
	w.tb.Cleanup(a.takeAway)
	return a
}

// takeAway is for whatever state an agent ends in: also one in which cleanup would refuse.
func (a *Agent) takeAway() {
	if a.Process != nil {
		a.Kill()
	}
	if err := os.RemoveAll(a.BPF); err != nil {
		a.tb.Logf("cleaning up: %v", err)
	}
}

// Socket is where the agent listens.
func (a *Agent) Socket() string { return filepath.Join(a.Run, "hypha.sock") }

// CommandLine is what Launch runs, with the program's name for its path.
func (a *Agent) CommandLine(flags ...string) string {
	return strings.Join(slices.Concat([]string{filepath.Base(a.hypha)}, a.args, flags), " ")
}

// Launch starts the agent, for the first time or again, and returns when it answers, or with why it has ended.
func (a *Agent) Launch(flags ...string) (err error) {
	if a.Process, err = a.Daemon(a.Log, a.hypha, slices.Concat(a.args, flags)...); err != nil {
		return err
	}
	err = eventually(func() (over bool, err error) {
		_, err = a.Hypha("status")
		return a.Ended(), err
	})
	if err != nil {
		said, _ := os.ReadFile(a.Log)
		return fmt.Errorf("the agent does not answer: %w; it says:\n%s", err, said)
	}
	return nil
}

// Hypha runs a command line on the machine, and returns what it prints.
func (a *Agent) Hypha(args ...string) (string, error) {
	return a.Output(context.Background(), a.hypha, append(args, "--socket", a.Socket())...)
}
