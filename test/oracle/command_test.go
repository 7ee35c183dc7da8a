// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

// commandLine is the program, and where its agent keeps what.
type commandLine struct {
	binary string
	env    []string
	bpf    string
}

// build compiles the program, once for all tests of a run.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "hypha")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "github.com/hypha-net/hypha/cmd/hypha")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", cmd, err, out)
	}
	return binary
}

func newCommandLine(t *testing.T, binary string) *commandLine {
	dir := t.TempDir()
	bpf := fmt.Sprintf("/sys/fs/bpf/hyphatest-%d-%s", os.Getpid(), filepath.Base(filepath.Dir(dir)))
	t.Cleanup(func() { os.RemoveAll(bpf) }) //nolint:errcheck // a test that leaves something behind fails by that
	return &commandLine{binary: binary, bpf: bpf, env: append(os.Environ(),
		"HYPHA_STATE="+filepath.Join(dir, "state"), "HYPHA_RUN="+filepath.Join(dir, "run"),
		"HYPHA_SOCKET="+filepath.Join(dir, "run", "hypha.sock"), "HYPHA_BPF="+bpf)}
}

// startAgent returns when it answers. It ends with the test.
func (c *commandLine) startAgent(t *testing.T, node *testbed.Node, flags ...string) {
	t.Helper()
	cmd := exec.Command(c.binary, append([]string{"agent", "--node", "node", "--docker", "off", "--log-level", "warn"}, flags...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = c.env, t.Output(), t.Output()
	if err := node.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended by itself
		if err := cmd.Wait(); err != nil {
			t.Errorf("the agent: %v", err)
		}
	})
	eventually(t, "the agent answers", func() error { _, err := c.try("", "status"); return err })
}

// try runs one command line.
func (c *commandLine) try(stdin string, args ...string) ([]byte, error) {
	cmd := exec.Command(c.binary, args...)
	var problem bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stderr = c.env, strings.NewReader(stdin), &problem
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("hypha %s: %w: %s", strings.Join(args, " "), err, &problem)
	}
	return out, nil
}

// ask runs a command line and reads its answer into one of the API's types.
func ask[T any](c *commandLine, args ...string) (answer T, err error) {
	out, err := c.try("", append(args, "-o", "json")...)
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	return answer, err
}

// patience bounds every waiting. Nothing is concluded from its length.
const patience = 30 * time.Second

// eventually tries until there is no error.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
	}
}
