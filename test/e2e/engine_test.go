// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// machine is what a Docker engine shares with the agent beside the node's network: a mount namespace in which /run/docker, where
// plugins have their sockets, and the engine's files are its own. It lives as long as its first process.
type machine struct {
	first *process
	dir   string   // of the engine's files
	dock  *process // dockerd; nil before the first start
}

// furniture is what the first process of the mount namespace runs, with dir as its argument.
const furniture = `
set -e
mkdir -p "$1" /run/docker
mount -t tmpfs tmpfs "$1"
mount -t tmpfs tmpfs /run/docker
mkdir -p /run/docker/plugins "$1/data" "$1/run"
echo '{}' >"$1/daemon.json"
touch "$1.ready"
exec sleep infinity
`

// engine is the script command that starts a Docker engine on the node, and ends it while its containers live on.
func engine(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "engine start | stop")
	s := stageOf(ts)
	switch {
	case args[0] == "stop" && s.engine != nil:
		s.engine.dock.end(syscall.SIGKILL)
	case args[0] == "start":
		if s.engine == nil {
			newMachine(ts)
			startEngine(ts)
			importImage(ts)
			return
		}
		startEngine(ts)
	default:
		ts.Fatalf("engine %s: can not be done now", args[0])
	}
}

func newMachine(ts *testscript.TestScript) {
	s := stageOf(ts)
	makeNode(ts)
	m := &machine{dir: ts.MkAbs("engine")}
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", furniture, "sh", m.dir)
	var err error
	m.first, err = start(cmd, ts.MkAbs("machine.log"), s.node.Start)
	ts.Check(err)
	ts.Defer(func() { takeDown(ts, m) })
	wait(ts, "the machine is furnished", func() bool {
		_, err := os.Stat(m.dir + ".ready")
		return err == nil
	})
	s.engine = m
}

// inside makes a command that runs in the machine's mount namespace.
func (m *machine) inside(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--target", strconv.Itoa(m.first.pid()), "--mount", name}, args...)...)
}

// startEngine starts dockerd as scripts/engine does, and so that containers outlive it.
func startEngine(ts *testscript.TestScript) {
	s := stageOf(ts)
	m := s.engine
	cmd := s.command(ts, "dockerd", "--host", ts.Getenv("DOCKER_HOST"), "--live-restore",
		"--data-root", m.dir+"/data", "--exec-root", m.dir+"/run", "--pidfile", m.dir+"/pid", "--config-file", m.dir+"/daemon.json",
		"--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false")
	var err error
	m.dock, err = start(cmd, ts.MkAbs("engine.log"), s.node.Start)
	ts.Check(err)
	dock := m.dock
	answers := func() bool {
		_, err := docker(ts, nil, "version")
		return err == nil
	}
	wait(ts, "the engine answers", func() bool { return dock.ended() || answers() })
	if dock.ended() {
		ts.Fatalf("the engine ended; it says:\n%s", ts.ReadFile("engine.log"))
	}
}

// takeDown ends the machine with its containers. Only an engine can end these: a script that failed may have left none.
func takeDown(ts *testscript.TestScript, m *machine) {
	defer m.first.end(syscall.SIGKILL)
	if m.dock != nil && m.dock.ended() {
		startEngine(ts)
	}
	if m.dock == nil {
		return
	}
	if all, err := docker(ts, nil, "ps", "--all", "--quiet"); err == nil {
		for id := range bytes.FieldsSeq(all) {
			docker(ts, nil, "rm", "--force", string(id)) //nolint:errcheck // the engine's end is next
		}
	}
	m.dock.end(syscall.SIGTERM)
}

// importImage makes the image "app": a file system that has the demo's program in it, and nothing else.
func importImage(ts *testscript.TestScript) {
	program, err := os.ReadFile(ts.Getenv("APP"))
	ts.Check(err)
	var root bytes.Buffer
	archive := tar.NewWriter(&root)
	err = archive.WriteHeader(&tar.Header{Name: filepath.Base(ts.Getenv("APP")), Mode: 0o755, Size: int64(len(program))})
	_, werr := archive.Write(program)
	ts.Check(errors.Join(err, werr, archive.Close()))
	out, err := docker(ts, &root, "import", "--change", `ENTRYPOINT ["/app"]`, "--change", `CMD ["serve"]`, "-", "app")
	if err != nil {
		ts.Fatalf("importing the image: %v: %s", err, out)
	}
}

func docker(ts *testscript.TestScript, stdin *bytes.Buffer, args ...string) ([]byte, error) {
	cmd := exec.Command("docker", args...)
	cmd.Env = environ(ts)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	return cmd.CombinedOutput()
}

// wait polls until ok.
func wait(ts *testscript.TestScript, what string, ok func() bool) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	ts.Fatalf("not within a minute: %s", what)
}
