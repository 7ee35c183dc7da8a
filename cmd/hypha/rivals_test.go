// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/testbed"
)

// historyLength is how many revisions the store keeps.
const historyLength = 100

// Two clients change one policy at once, 50 times each, and roll back what the other one has put in the place of theirs now and then.
// Each change is one revision, each revision that is kept is once in the history and holds what its client wanted, and the last
// one is in force.
func TestRivalsMakeOneHistory(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	v.addRoles("server", "a")
	rivals := [2]*rival{{name: "one", api: v.api}, {name: "two", api: v.api}}
	var both errgroup.Group
	for _, r := range rivals {
		both.Go(func() error { return r.compete(t.Context()) })
	}
	if err := both.Wait(); err != nil {
		t.Fatal(err)
	}
	made := maps.Clone(rivals[0].made)
	for revision, rule := range rivals[1].made {
		if other, twice := made[revision]; twice {
			t.Errorf("revision %d was made by %s and by %s", revision, other, rule)
		}
		made[revision] = rule
	}
	last := uint64(len(made))
	v.wantHistory(made, last)
	v.wantInForce(last, made[last])
	v.cleanup()
}

// wantHistory holds the history, and the policies of each revision in it, against what was made.
func (v *victim) wantHistory(made map[uint64]string, last uint64) {
	v.Helper()
	history, err := v.api.PolicyHistory(v.Context(), 0)
	if err != nil {
		v.Fatal(err)
	}
	var have, want []uint64
	for _, change := range history {
		have = append(have, change.Revision)
	}
	for revision := last; revision > 0 && len(want) < historyLength; revision-- {
		want = append(want, revision)
	}
	if !slices.Equal(have, want) {
		v.Errorf("the history has revisions %v, want %v", have, want)
	}
	for _, revision := range have {
		if err := v.holds(v.Context(), revision, made[revision]); err != nil {
			v.Error(err)
		}
	}
}

// holds returns why the policies of a revision are not those that a rival made with this rule.
func (v *victim) holds(ctx context.Context, revision uint64, rule string) error {
	p, err := v.api.PolicyAt(ctx, "law", revision)
	if err != nil {
		return err
	}
	if have := ruleOf(p); have != rule {
		return fmt.Errorf("revision %d has %s, want %s", revision, have, rule)
	}
	return nil
}

// wantInForce asks the kernel, too.
func (v *victim) wantInForce(revision uint64, rule string) {
	v.Helper()
	for _, name := range []string{"server", "a"} {
		if err := v.inForce(v.Context(), name, revision); err != nil {
			v.Error(err)
		}
	}
	explained, err := v.api.Explain(v.Context(), rivalFlow)
	if err != nil {
		v.Fatal(err)
	}
	kernel := explained.Kernel
	if kernel == nil || kernel.Revision != revision || kernel.Ruling == nil || kernel.Ruling.Ingress.Rule != rule || kernel.Difference != "" {
		v.Errorf("the kernel says %+v, want revision %d and rule %s", kernel, revision, rule)
	}
}
