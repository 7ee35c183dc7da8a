// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/testbed"
)

// An agent is killed in the middle of whatever it does, again and again. Whatever it said was done is done when the next one
// runs, and links, pins, records and tables agree. HYPHA_SEED repeats a run (as far as the kernel's timing does),
// HYPHA_KILLS makes it longer.
func TestAgentKilledAtRandom(t *testing.T) {
	testbed.NeedRoot(t)
	seed, kills := number("HYPHA_SEED", uint64(time.Now().UnixNano())), number("HYPHA_KILLS", 5)
	t.Logf("seed %d", seed)
	v := newVictim(t)
	var owners []*owner
	for i := range 6 {
		name := fmt.Sprintf("c%d", i)
		owners = append(owners, &owner{name: name, container: testbed.NewNamespace(t, name), api: v.api})
	}
	law := &lawgiver{api: v.api}
	for round := range kills {
		v.start()
		v.hammer(owners, law, seed, round)
	}
	v.start()
	v.converge(owners, law)
	v.cleanup()
	if left := interfaces(v.machine.Do); len(left) != 1 {
		t.Errorf("interfaces after cleanup: %v, want lo", left)
	}
	for _, dir := range []string{v.state, v.run, v.bpf} {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s after cleanup: %v, want it gone", dir, err)
		}
	}
}

func number(variable string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(variable), 10, 64); err == nil {
		return n
	}
	return otherwise
}

// hammer has the owners change their endpoints, and somebody the policies, until the agent is killed in the middle of it.
func (v *victim) hammer(owners []*owner, law *lawgiver, seed, round uint64) {
	v.Helper()
	random := func(who int) *rand.Rand { return rand.New(rand.NewPCG(seed, round<<8|uint64(who))) }
	after := time.Duration(random(0).Int64N(int64(2 * time.Second)))
	ctx, cancel := context.WithCancel(v.Context())
	defer cancel()
	var all errgroup.Group
	for i, o := range owners {
		all.Go(func() error { v.listens(ctx); return o.hammer(ctx, random(1+i)) })
	}
	all.Go(func() error { v.listens(ctx); return law.hammer(ctx, random(1+len(owners))) })
	<-time.After(after)
	v.kill()
	cancel()
	if err := all.Wait(); err != nil {
		v.Fatalf("round %d, killed after %v: %v", round, after, err)
	}
}

// converge waits until all that is wanted is there, and nothing else.
func (v *victim) converge(owners []*owner, law *lawgiver) {
	v.Helper()
	v.eventually("what was said is so", func(ctx context.Context) error {
		for _, o := range owners {
			if err := o.check(ctx); err != nil {
				return err
			}
		}
		return law.check(ctx)
	})
	v.eventually("everything agrees", func(ctx context.Context) error {
		endpoints, err := v.api.Endpoints(ctx)
		if err != nil {
			return err
		}
		for _, e := range endpoints {
			if err := v.inForce(ctx, e.Name, law.revision); err != nil {
				return err
			}
		}
		have, err := v.traces(owners)
		if diff := cmp.Diff(wantedTraces(endpoints, owners), have); err != nil || diff != "" {
			return fmt.Errorf("%w (-want +have):\n%s", err, diff)
		}
		return nil
	})
}

// inForce returns why an endpoint does not enforce a revision of the policies.
func (v *victim) inForce(ctx context.Context, name string, revision uint64) error {
	e, err := v.api.Endpoint(ctx, name)
	switch {
	case err != nil:
		return err
	case e.State != "ready":
		return fmt.Errorf("endpoint %s is %s: %s", name, e.State, e.Message)
	case e.Policy == nil || e.Policy.Revision != revision:
		return fmt.Errorf("endpoint %s does not enforce revision %d: %+v", name, revision, e.Policy)
	}
	return nil
}
