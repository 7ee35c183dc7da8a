// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// site is an agent with embedded etcd and endpoints that are attached, of a cluster of many more.
type site struct {
	*testing.B
	agent *Agent
}

// newSite opens an agent. It takes the machine for its own: scripts/bench-policy gives it one.
func newSite(b *testing.B) *site {
	b.Helper()
	testbed.NeedRoot(b)
	if os.Getenv("HYPHA_TEST_SANDBOX") == "" {
		b.Skip("needs a machine of its own: scripts/bench-policy")
	}
	s := &site{B: b}
	config := Config{State: b.TempDir(), Run: b.TempDir(), BPF: "/sys/fs/bpf/hypha", Node: "site", Enforce: policy.Always, Docker: docker.Off}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if s.agent, err = Open(ctx, config, slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.agent.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, s.agent.Close(), Cleanup(CleanupConfig{config.State, config.Run, config.BPF}, io.Discard)); err != nil {
			b.Error(err)
		}
	})
	return s
}

func member(i int) labels.Set {
	return labels.Set{"app": fmt.Sprintf("a%d", i%1000), "shard": fmt.Sprint(i / 1000)}
}

// enrol writes that many label sets into the store, as other nodes do, and waits until this node knows them.
func (s *site) enrol(count int) {
	s.Helper()
	group, ctx := errgroup.WithContext(s.Context())
	group.SetLimit(256) // etcd joins what comes together to one write
	for i := range count {
		group.Go(func() error {
			_, _, err := s.agent.store.AllocateIdentity(ctx, member(i))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		s.Fatal(err)
	}
	s.until(time.Minute, func() bool { return s.agent.view.Load().known.Len() >= count })
}

func (s *site) until(patience time.Duration, true func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !true(); time.Sleep(20 * time.Microsecond) {
		if time.Now().After(end) {
			s.Fatalf("not within %v", patience)
		}
	}
}

// attach gives that many of the label sets an endpoint each.
func (s *site) attach(count int) {
	s.Helper()
	for i := range count {
		spec := Spec{Name: fmt.Sprintf("e%d", i), Netns: testbed.NewNamespace(s, fmt.Sprint(i)).Path, Labels: member(i)}
		if _, err := s.agent.AddEndpoint(s.Context(), spec); err != nil {
			s.Fatal(err)
		}
	}
}

// apply is `hypha policy apply`.
func (s *site) apply(text string) {
	s.Helper()
	if _, err := s.agent.ApplyPolicies(s.Context(), []PolicyFile{{"bench", []byte(text)}}); err != nil {
		s.Fatal(err)
	}
}

// application is a policy of one rule: the next application reaches it at a port, and it reaches the one before and the world.
func application(i, count, port int) string {
	return fmt.Sprintf(`
kind: Policy
name: a%[1]d
rules:
- name: served
  select: app=a%[1]d
  ingress: [{from: [app=a%[2]d], ports: [%[4]d/tcp]}]
  egress: [{to: [app=a%[3]d, world]}]
---`, i, (i+1)%count, (i+count-1)%count, port)
}

func (s *site) applyAll(rules int) {
	s.Helper()
	var file strings.Builder
	for i := range rules {
		file.WriteString(application(i, rules, 1000+i%30000))
	}
	s.apply(strings.TrimSuffix(file.String(), "---"))
}

func one(text string) string { return strings.TrimSuffix(text, "---") }

// sizes are the sites: the aim of issue 3, and ten times as much.
var sizes = []struct{ rules, identities, local int }{{1000, 10_000, 100}, {10_000, 100_000, 100}}

func eachSize(b *testing.B, bench func(s *site, rules int)) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("%d-rules-%d-identities", size.rules, size.identities), func(b *testing.B) {
			if testing.Short() && size.rules > 1000 {
				b.Skip("-short")
			}
			s := newSite(b)
			s.enrol(size.identities)
			s.applyAll(size.rules)
			s.attach(size.local)
			bench(s, size.rules)
		})
	}
}

// BenchmarkOneRule changes one rule of many, through the store into the kernel, for 100 endpoints.
func BenchmarkOneRule(b *testing.B) {
	eachSize(b, func(s *site, rules int) {
		laps, port := testbed.NewLaps(s.B), 0
		s.ReportAllocs()
		for s.Loop() {
			port++
			laps.Time(func() { s.apply(one(application(7, rules, 40_000+port%20_000))) })
		}
	})
}

// BenchmarkOneIdentity is a label set that another node has written into the store, until packets of it are recognised and
// judged. One of the 100 endpoints lets it in.
func BenchmarkOneIdentity(b *testing.B) {
	eachSize(b, func(s *site, _ int) {
		laps, newcomers := testbed.NewLaps(s.B), 0
		s.ReportAllocs()
		for s.Loop() {
			newcomers++
			number, _, err := s.agent.store.AllocateIdentity(s.Context(), labels.Set{"app": "a1", "newcomer": fmt.Sprint(newcomers)})
			if err != nil {
				s.Fatal(err)
			}
			laps.Time(func() {
				s.until(time.Minute, func() bool { _, known := s.agent.view.Load().known.Labels(identity.Number(number)); return known })
			})
		}
	})
}

// BenchmarkRuleForAll is issue 4's aim: a rule about each of 250 endpoints with 250 identities, the first and one more. Alike, no rule
// tells them from each other; apart, each has rules and ports of its own already, and so a table and a classifier.
func BenchmarkRuleForAll(b *testing.B) {
	const local = 250
	s := newSite(b)
	s.enrol(local)
	s.attach(local)
	b.Run("alike", s.ruleForAll)
	s.applyAll(local)
	b.Run("apart", s.ruleForAll)
}

func (s *site) ruleForAll(b *testing.B) {
	const forAll = "kind: Policy\nname: first\nrules:\n- {select: '', ingress: [{from: [app], ports: [80/tcp]}]}\n"
	const more = "kind: Policy\nname: more\nrules:\n- {select: '', ingress: [{from: [shard], ports: [%d/tcp]}]}\n"
	remove := func(name string) {
		if _, err := s.agent.DeletePolicy(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		laps := testbed.NewLaps(b)
		for b.Loop() {
			laps.Time(func() { s.apply(forAll) })
			remove("first")
		}
	})
	s.apply(forAll)
	b.Run("one-more", func(b *testing.B) {
		laps, port := testbed.NewLaps(b), 0
		for b.Loop() {
			port++
			laps.Time(func() { s.apply(fmt.Sprintf(more, 1000+port%60_000)) })
		}
	})
	remove("first")
	remove("more")
}
