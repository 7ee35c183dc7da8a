// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// dockerd is an engine of the test's own, with nothing on the host but its files.
type dockerd struct {
	t       *testing.T
	dir     string
	flags   []string
	process *exec.Cmd
	log     bytes.Buffer
}

func newDockerd(t *testing.T, flags ...string) *dockerd {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: starts a Docker engine")
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		t.Skipf("needs dockerd: %v", err)
	}
	if _, err := net.InterfaceByName("docker0"); err == nil {
		t.Skip("needs a machine without docker0, which an engine without a bridge deletes: scripts/sandbox is one")
	}
	dir, err := os.MkdirTemp("", "hyphatest")
	if err != nil {
		t.Fatal(err)
	}
	d := &dockerd{t: t, dir: dir, flags: flags}
	t.Setenv("HYPHA_DOCKER", "unix://"+d.file("socket"))
	t.Cleanup(d.remove)
	d.start()
	return d
}

func (d *dockerd) file(name string) string { return filepath.Join(d.dir, name) }

func (d *dockerd) start() {
	d.t.Helper()
	d.process = exec.Command("dockerd", append([]string{
		"-H", "unix://" + d.file("socket"), "--data-root", d.file("data"), "--exec-root", d.file("exec"), "--pidfile", d.file("pid"),
		"--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false", "--userland-proxy=false", "--log-level=warn",
	}, d.flags...)...)
	d.process.Stdout, d.process.Stderr = &d.log, &d.log
	if err := d.process.Start(); err != nil {
		d.t.Fatal(err)
	}
	eventually(d.t, "dockerd answers", func() bool {
		return exec.Command("docker", "-H", "unix://"+d.file("socket"), "version").Run() == nil
	})
}

// end stops the engine's process, and only that: what it started goes on if it can.
func (d *dockerd) end(signal syscall.Signal) {
	if err := d.process.Process.Signal(signal); err != nil {
		d.t.Error(err)
	}
	_ = d.process.Wait()           // killed is what it should be
	if signal == syscall.SIGKILL { // its containerd dies with it, and both leave files that say they live
		_ = os.Remove(d.file("pid"))
		_ = os.Remove(d.file("exec/containerd/containerd.pid"))
	}
}

// remove stops the engine and takes its files and the mounts in them away.
func (d *dockerd) remove() {
	d.end(syscall.SIGTERM)
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		d.t.Error(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if at := strings.Fields(line)[1]; strings.HasPrefix(at, d.dir+"/") {
			if err := syscall.Unmount(at, syscall.MNT_DETACH); err != nil {
				d.t.Errorf("unmount %s: %v", at, err)
			}
		}
	}
	if err := os.RemoveAll(d.dir); err != nil {
		d.t.Error(err)
	}
	if d.t.Failed() {
		d.t.Logf("dockerd: %s", d.log.String())
	}
}

// TestEngineRestarts takes the engine away under a running container that it starts again when it is back.
func TestEngineRestarts(t *testing.T) {
	d := newDockerd(t)
	b := newBench(t)
	net := b.network("net", "--ipv6")
	name := b.run("server", "--network", net, "--restart", "always", "--label", "role=server")
	b.reachable(b.on(name, net))

	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		b.step(signal.String(), func(b *bench) {
			before := b.on(name, net)
			d.end(signal)
			b.eventually("the engine's absence is noticed", func() bool { return b.live.Status().State == StateWaiting })
			d.start()
			b.eventually("the container has a new endpoint", func() bool {
				w, ok := b.node.find(name, net)
				return ok && w.ID != before.ID && w.Container.Labels["role"] == "server"
			})
			b.reachable(b.on(name, net))
			b.eventually("the old one is gone", func() bool { return len(b.node.Attachments()) == 1 })
		})
	}
}

// TestEngineLeavesContainers takes an engine away whose containers go on without it.
func TestEngineLeavesContainers(t *testing.T) {
	d := newDockerd(t, "--live-restore")
	b := newBench(t)
	net := b.network("net", "--ipv6")
	name := b.run("server", "--network", net)
	before := b.on(name, net)

	d.end(syscall.SIGKILL)
	b.reachable(before)
	d.start()
	b.eventually("the engine is followed again", func() bool { return b.live.Status().Endpoints == 1 })
	if after := b.on(name, net); after.ID != before.ID {
		t.Errorf("endpoint %s became %s", short(before.ID), short(after.ID))
	}
	b.reachable(before)
}
