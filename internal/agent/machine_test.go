// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/policy"
)

const openToAll = `
kind: Policy
name: open
rules:
- name: to-all
  select: ""
  ingress:
  - from: [any]
`

// machine is a whole one: an agent, and a Docker engine with an image named app.
type machine struct {
	*testing.T
	agent *Agent
}

// newMachine starts the calling test again in a sandbox, and has a machine there.
func newMachine(t *testing.T) (m *machine, inside bool) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: runs an agent and a Docker engine")
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		t.Skipf("needs dockerd: %v", err)
	}
	if !alone(t) {
		return nil, false
	}
	m = &machine{T: t}
	m.run("../../scripts/engine", "start")
	m.start()
	m.image()
	return m, true
}

// alone starts the calling test again in a sandbox, and says whether this is there: outside, where it fails if the one inside
// does, there may be another agent.
func alone(t *testing.T) (inside bool) {
	t.Helper()
	const sandboxed = "HYPHA_TEST_SANDBOX"
	if os.Getenv(sandboxed) != "" {
		return true
	}
	again := exec.CommandContext(t.Context(), "../../scripts/sandbox", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), sandboxed+"=1", "DOCKER_HOST=")
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return false
}

func (m *machine) start() {
	m.Helper()
	config := Config{State: m.TempDir(), Run: m.TempDir(), BPF: "/sys/fs/bpf/hypha", Node: "machine", Enforce: policy.Always, Docker: docker.On}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if m.agent, err = Open(ctx, config, slog.New(slog.NewTextHandler(m.Output(), nil))); err != nil {
		m.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- m.agent.Run(ctx) }()
	m.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, m.agent.Close()); err != nil {
			m.Error(err)
		}
	})
	if _, err := m.agent.ApplyPolicies(ctx, []PolicyFile{{"open", []byte(openToAll)}}); err != nil {
		m.Fatal(err)
	}
}

func (m *machine) image() {
	m.Helper()
	dir := m.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "app"), "../docker/testdata/app")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		m.Fatalf("building the image's program: %v: %s", err, out)
	}
	m.run("sh", "-c", "tar -C "+dir+" -c app | docker import -c 'CMD [\"/app\"]' - app")
}

func (m *machine) run(name string, args ...string) string {
	m.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		m.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (m *machine) docker(args ...string) string {
	m.Helper()
	return m.run("docker", args...)
}

func (m *machine) eventually(what string, try func() error) {
	m.Helper()
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	m.Fatalf("not within 20 s: %s: %v", what, err)
}
