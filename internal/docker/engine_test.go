// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bench is a real engine, this plugin in front of it under a name of its own, and an image to start containers from.
type bench struct {
	t     *testing.T
	host  string // of the engine
	name  string // of driver, image, and the prefix of all else
	state string
	node  *wires
	lend  *lender
	stop  func()
	live  *Plugin
}

func newBench(t *testing.T) *bench {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes interfaces")
	}
	b := &bench{
		t:     t,
		host:  cmp.Or(os.Getenv("HYPHA_DOCKER"), os.Getenv("DOCKER_HOST"), "unix:///var/run/docker.sock"),
		name:  fmt.Sprintf("hyphatest%d", os.Getpid()),
		state: filepath.Join(t.TempDir(), "docker.json"),
	}
	if out, err := exec.Command("docker", "-H", b.host, "version").CombinedOutput(); err != nil {
		t.Skipf("needs a Docker engine (HYPHA_DOCKER names its socket): %v: %s", err, out)
	}
	b.lend = newLender(t)
	b.node = newWires(t, b.lend)
	b.start()
	t.Cleanup(func() { b.stop() })
	b.image()
	return b
}

// step runs one subtest on the bench. What it makes is removed when it ends.
func (b *bench) step(name string, f func(*bench)) {
	outer := b.t
	outer.Run(name, func(t *testing.T) {
		b.t = t
		defer func() { b.t = outer }()
		f(b)
	})
}

// start runs the plugin, as an agent would that begins with what the last one left in its state directory.
func (b *bench) start() {
	b.t.Helper()
	plugin, err := Open(Config{
		Mode:   On,
		Socket: "/run/docker/plugins/" + b.name + ".sock",
		Engine: b.host,
		State:  b.state,
	}, b.node, b.lend, testLog(b.t))
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- plugin.Run(ctx) }()
	b.live = plugin
	b.stop = func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
		b.stop = func() {}
	}
	b.eventually("the engine is followed", func() bool { return plugin.Status().State == StateConnected })
}

// forget gives the next agent new pools, as a new process would have, and endpoints that are not identified.
func (b *bench) forget() {
	fresh := newLender(b.t)
	b.lend.v4, b.lend.v6, b.lend.open = fresh.v4, fresh.v6, fresh.open
	for _, a := range b.node.Attachments() {
		b.node.change(a.ID, func(x *wire) { x.Container = Container{} })
	}
}

// image imports a file system that has one static program in it.
func (b *bench) image() {
	b.t.Helper()
	program := filepath.Join(b.t.TempDir(), "app")
	build := exec.Command("go", "build", "-o", program, "./testdata/app")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.t.Fatalf("build the image's program: %v: %s", err, out)
	}
	body, err := os.ReadFile(program)
	if err != nil {
		b.t.Fatal(err)
	}
	var root bytes.Buffer
	archive := tar.NewWriter(&root)
	err = archive.WriteHeader(&tar.Header{Name: "app", Mode: 0o755, Size: int64(len(body))})
	_, werr := archive.Write(body)
	if err := errors.Join(err, werr, archive.Close()); err != nil {
		b.t.Fatal(err)
	}
	command := exec.Command("docker", "-H", b.host, "import", "-c", `CMD ["/app"]`, "-", b.name)
	command.Stdin = &root
	if out, err := command.CombinedOutput(); err != nil {
		b.t.Fatalf("import the image: %v: %s", err, out)
	}
	b.t.Cleanup(func() { b.docker("rmi", "-f", b.name) })
}

// try runs a docker command and returns what it prints.
func (b *bench) try(args ...string) (string, error) {
	out, err := exec.Command("docker", append([]string{"-H", b.host}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// docker runs a docker command that must work.
func (b *bench) docker(args ...string) string {
	b.t.Helper()
	out, err := b.try(args...)
	if err != nil {
		b.t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

// network makes a Docker network, for as long as the test runs, and returns its name.
func (b *bench) network(name string, options ...string) string {
	b.t.Helper()
	name = b.name + "-" + name
	args := append([]string{"network", "create", "-d", b.name, "--ipam-driver", b.name}, options...)
	b.docker(append(args, name)...)
	b.t.Cleanup(func() { b.try("network", "rm", name) })
	return name
}

// run starts a container, for as long as the test runs, and returns its name.
func (b *bench) run(name string, options ...string) string {
	b.t.Helper()
	name = b.name + "-" + name
	b.t.Cleanup(func() { b.try("rm", "-f", name) })
	b.docker(append(append([]string{"run", "-d", "--name", name}, options...), b.name)...)
	return name
}

// on returns the endpoint that the container has in the network, once the agent was told whose it is.
func (b *bench) on(container, network string) (found wire) {
	b.t.Helper()
	b.eventually(container+" is identified in "+network, func() (ok bool) {
		found, ok = b.node.find(container, network)
		return ok
	})
	return found
}

// get fetches a page from a container, over its interface.
func (b *bench) get(addr netip.Addr, path string) string {
	b.t.Helper()
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var body []byte
	b.eventually(addr.String()+" answers "+path, func() bool {
		r, err := client.Get("http://" + netip.AddrPortFrom(addr, 80).String() + path)
		if err != nil {
			return false
		}
		defer r.Body.Close()
		body, err = io.ReadAll(r.Body)
		return err == nil && r.StatusCode == http.StatusOK
	})
	return string(body)
}

// reachable fetches a page over both families.
func (b *bench) reachable(w wire) {
	b.t.Helper()
	b.get(w.IPv4, "/")
	b.get(w.IPv6, "/")
}

func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	eventually(b.t, what, ok)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 20 s: %s", what)
}
