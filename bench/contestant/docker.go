// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/bench/process"
	"github.com/hypha-net/hypha/internal/netns"
)

// docker is two containers on a bridge network of the machine's Docker engine, with all that the engine does to it. ErrAbsent if there
// is none, or if it can not do that.
func docker(ctx context.Context, s Setting) (*Way, error) {
	if _, err := engine(ctx, nil, "version", "--format", "{{.Server.Version}}"); err != nil {
		return nil, fmt.Errorf("%w: no Docker engine answers: %w", ErrAbsent, err)
	}
	way, err := containers(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return way, nil
}

func containers(ctx context.Context, s Setting) (*Way, error) {
	name := fmt.Sprintf("hypha-bench-%d", os.Getpid())
	if err := importImage(ctx, s, name); err != nil {
		return nil, err
	}
	s.Cleanup(func() { undo(s, "image", "rm", name) })
	if out, err := engine(ctx, nil, "network", "create", "--ipv6", "--subnet", "fd00:be::/64", name); err != nil {
		return nil, fmt.Errorf("making Docker's network: %w: %s", err, out)
	}
	s.Cleanup(func() { undo(s, "network", "rm", name) })
	client, err := container(ctx, s, name, "client")
	if err != nil {
		return nil, err
	}
	server, err := container(ctx, s, name, "server")
	return &Way{Path: load.Path{Client: client, Server: server}}, err
}

// container starts one that does nothing, and enters its network.
func container(ctx context.Context, s Setting, name, role string) (load.Host, error) {
	full := name + "-" + role
	out, err := engine(ctx, nil, "run", "--detach", "--name", full, "--network", name, name)
	if err != nil {
		return load.Host{}, fmt.Errorf("starting a container: %w: %s", err, out)
	}
	s.Cleanup(func() { undo(s, "rm", "--force", full) })
	const format = "{{.State.Pid}}{{range .NetworkSettings.Networks}} {{.GlobalIPv6Address}} {{.IPAddress}}{{end}}"
	if out, err = engine(ctx, nil, "inspect", "--format", format, full); err != nil {
		return load.Host{}, fmt.Errorf("looking at a container: %w: %s", err, out)
	}
	var pid, ip6, ip4 string
	if _, err := fmt.Sscan(string(out), &pid, &ip6, &ip4); err != nil {
		return load.Host{}, fmt.Errorf("looking at a container: %w: %q", err, out)
	}
	ns, err := netns.Open("/proc/" + pid + "/ns/net")
	if err != nil {
		return load.Host{}, err
	}
	s.Cleanup(func() { ns.Close() })
	h := load.Host{Place: ns}
	h.IPv6, err = netip.ParseAddr(ip6)
	if err == nil {
		h.IPv4, err = netip.ParseAddr(ip4)
	}
	return h, errors.Join(err, ns.Do(manyPorts))
}

// importImage makes an image of this program alone.
func importImage(ctx context.Context, s Setting, name string) error {
	program, err := os.ReadFile(process.Self())
	if err != nil {
		return fmt.Errorf("reading the program for Docker's image: %w", err)
	}
	var root bytes.Buffer
	archive := tar.NewWriter(&root)
	err = archive.WriteHeader(&tar.Header{Name: "bench", Mode: 0o755, Size: int64(len(program))})
	_, werr := archive.Write(program)
	if err := errors.Join(err, werr, archive.Close()); err != nil {
		return fmt.Errorf("packing Docker's image: %w", err)
	}
	if out, err := engine(ctx, &root, "import", "--change", `ENTRYPOINT ["/bench", "pause"]`, "-", name); err != nil {
		return fmt.Errorf("importing Docker's image: %w: %s", err, out)
	}
	return nil
}

func engine(ctx context.Context, stdin *bytes.Buffer, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "docker", args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	return cmd.CombinedOutput()
}

// undo takes away what was made, also when the run was interrupted.
func undo(s Setting, args ...string) {
	if out, err := engine(context.Background(), nil, args...); err != nil {
		s.Logf("cleaning up: docker %s: %s", strings.Join(args, " "), out)
	}
}
