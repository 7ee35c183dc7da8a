// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// asProgram makes the test binary the program itself.
const asProgram = "HYPHA_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// victim is an agent on a machine of its own, to be killed and started again.
type victim struct {
	*testing.T
	machine         *testbed.Namespace
	state, run, bpf string
	etcd            string // URL; "": the agent's own
	api             *api.Client
	process         *exec.Cmd
}

func newVictim(t *testing.T) *victim {
	dir := t.TempDir()
	v := &victim{
		T: t, machine: testbed.NewNamespace(t, "machine"),
		state: filepath.Join(dir, "state"), run: filepath.Join(dir, "run"),
		bpf: fmt.Sprintf("/sys/fs/bpf/hyphatest-%d-kill", os.Getpid()),
	}
	v.api = api.NewClient(filepath.Join(v.run, "hypha.sock"))
	t.Cleanup(v.api.Close)
	t.Cleanup(func() { os.RemoveAll(v.bpf) }) //nolint:errcheck // cleanup has, unless the test failed
	t.Cleanup(v.kill)
	return v
}

// command makes a command of the program, with the victim's directories.
func (v *victim) command(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], append(args, "--state", v.state, "--run", v.run, "--bpf", v.bpf)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = v.Output(), v.Output()
	return cmd
}

// start does not wait until the agent is ready: whoever asks it does.
func (v *victim) start() {
	v.Helper()
	args := []string{"agent", "--node", "victim", "--docker", "off", "--log-level", "warn"}
	if v.etcd != "" {
		args = append(args, "--etcd", v.etcd)
	}
	v.process = v.command(args...)
	if err := v.machine.Start(v.process); err != nil {
		v.Fatal(err)
	}
}

func (v *victim) kill() { v.end(syscall.SIGKILL) }

func (v *victim) end(signal os.Signal) {
	if v.process == nil {
		return
	}
	v.process.Process.Signal(signal) //nolint:errcheck // it may have ended by itself
	v.process.Wait()                 //nolint:errcheck // how it ended is no matter
	v.process = nil
}

// listens waits until the agent has its socket, or ctx ends.
func (v *victim) listens(ctx context.Context) {
	socket := filepath.Join(v.run, "hypha.sock")
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// cleanup takes every trace of the victim off its machine.
func (v *victim) cleanup() {
	v.Helper()
	v.end(syscall.SIGTERM)
	cmd := v.command("cleanup")
	err := v.machine.Start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		v.Fatalf("cleanup: %v", err)
	}
}

// eventually tries until there is no error, or half a minute is over.
func (v *victim) eventually(what string, try func(context.Context) error) {
	v.Helper()
	ctx, cancel := context.WithTimeout(v.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			v.end(syscall.SIGQUIT) // its stacks say what it waits for
			v.Fatalf("%s: %v", what, err)
		}
	}
}
