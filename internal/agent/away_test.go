// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
	"github.com/hypha-net/hypha/internal/testbed"
)

// While the store is away, and somebody waits for it with new policies, endpoints with known labels start, and go.
func TestStoreAwayHoldsUpNobodyElse(t *testing.T) {
	testbed.NeedRoot(t)
	if !alone(t) {
		return
	}
	leave, at := startEtcd(t)
	a := startAgent(t, Config{Store: store.Config{Endpoints: []string{at}}})
	if _, err := a.ApplyPolicies(t.Context(), []PolicyFile{{"open", []byte(openToAll)}}); err != nil {
		t.Fatal(err)
	}
	spec := Spec{Name: "first", Netns: testbed.NewNamespace(t, "first").Path, Labels: labels.Set{"app": "known"}}
	if _, err := a.AddEndpoint(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	leave()

	applied := make(chan error, 1)
	go func() {
		_, err := a.DeletePolicy(t.Context(), "open")
		applied <- err
	}()
	spec.Name, spec.Netns = "second", testbed.NewNamespace(t, "second").Path
	for turns := 0; ; turns++ {
		if _, err := a.AddEndpoint(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		if err := a.DeleteEndpoint(t.Context(), spec.Name); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-applied:
			if turns == 0 || !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%v; meanwhile an endpoint came and went %d times", err, turns)
			}
			return
		default:
		}
	}
}

// startEtcd runs one outside of the agent.
func startEtcd(t *testing.T) (leave func(), at string) {
	t.Helper()
	etcd, leave := openEtcd(t)
	return leave, urlOf(etcd)
}

func urlOf(etcd *embed.Etcd) string { return etcd.Config().ListenClientUrls[0].String() }

func openEtcd(t *testing.T) (etcd *embed.Etcd, leave func()) {
	t.Helper()
	dir := t.TempDir()
	config := embed.NewConfig()
	config.Dir, config.Logger, config.LogLevel = filepath.Join(dir, "data"), "zap", "fatal"
	config.ListenPeerUrls = nil
	config.TickMs, config.ElectionMs = 10, 100
	config.UnsafeNoFsync = true // no machine is killed here
	config.ListenClientUrls = []url.URL{{Scheme: "unix", Path: filepath.Join(dir, "etcd.sock")}}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		t.Fatal(err)
	}
	leave = sync.OnceFunc(etcd.Close)
	t.Cleanup(leave)
	<-etcd.Server.ReadyNotify()
	return etcd, leave
}

// startAgent runs an agent without Docker until the test ends. It takes the machine for its own.
func startAgent(t *testing.T, config Config) *Agent {
	t.Helper()
	config.State = t.TempDir()
	a := openAgent(t, config)
	runAgent(t, a)
	return a
}

func openAgent(t *testing.T, config Config) *Agent {
	t.Helper()
	config.Run, config.BPF, config.Node = t.TempDir(), "/sys/fs/bpf/hypha", "machine"
	config.Enforce, config.Docker = policy.Always, docker.Off
	a, err := Open(t.Context(), config, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func runAgent(t *testing.T, a *Agent) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, a.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}
