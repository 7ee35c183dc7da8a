// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

var (
	// ErrNoPolicy is returned for a name that no policy has.
	ErrNoPolicy = errors.New("no such policy")
	// ErrTooManyPrefixes is returned for policies that name more CIDRs than the kernel's table takes.
	ErrTooManyPrefixes = errors.New("the policies name too many CIDRs")
)

func noPolicy(name string) error {
	return fmt.Errorf("%w: %q (see hypha policy get)", ErrNoPolicy, name)
}

// maxPrefixes is how many CIDRs rules may name. The kernel's table has room for 65,536, the host's addresses and the
// cluster's prefixes among them; what goes makes room only after what comes has found some.
const maxPrefixes = 30_000

// Applied is what became of a change of policies.
type Applied struct {
	store.Applied
	Warnings []string // about rules that were taken, a line each
}

// Policies returns the policies of the cluster.
func (a *Agent) Policies(ctx context.Context) (store.PolicySet, error) { return a.store.Policies(ctx) }

// PoliciesAt returns the policies of a revision that the store keeps. store.ErrNoRevision.
func (a *Agent) PoliciesAt(ctx context.Context, revision uint64) (store.PolicySet, error) {
	return a.store.PoliciesAt(ctx, revision)
}

// History returns the last changes of the policies, newest first; limit 0: all that are kept.
func (a *Agent) History(ctx context.Context, limit int) ([]store.Change, error) {
	return a.store.History(ctx, limit)
}

// ApplyPolicies takes files of policies, all or nothing, and returns when they are in force on this node. What this node
// could not enforce is not stored.
func (a *Agent) ApplyPolicies(ctx context.Context, files []PolicyFile) (Applied, error) {
	read, err := a.readFiles(files)
	if err != nil {
		return Applied{}, err
	}
	edit := store.Edit{Put: read.docs, Author: "policy apply " + sourcesOf(files)}
	applied, err := a.change(ctx, read.putInto, func(revision *uint64) (store.Applied, error) {
		edit.IfRevision = revision
		return a.store.ApplyPolicies(ctx, edit)
	})
	return Applied{applied, read.warnings}, err
}

// DeletePolicy deletes a policy, and returns when it is no longer in force on this node.
func (a *Agent) DeletePolicy(ctx context.Context, name string) (store.Applied, error) {
	edit := store.Edit{Delete: []string{name}, Author: "policy delete " + name}
	applied, err := a.change(ctx, without(name), func(revision *uint64) (store.Applied, error) {
		edit.IfRevision = revision
		return a.store.ApplyPolicies(ctx, edit)
	})
	if err == nil && len(applied.Deleted) == 0 {
		err = noPolicy(name)
	}
	return applied, err
}

// RollbackPolicies makes the policies of an earlier revision current again, as a new one, and returns when they are in force
// on this node.
func (a *Agent) RollbackPolicies(ctx context.Context, to uint64) (store.Applied, error) {
	old, err := a.store.PoliciesAt(ctx, to)
	if err != nil {
		return store.Applied{}, err
	}
	author := fmt.Sprintf("policy rollback %d", to)
	return a.change(ctx, instead(old), func(revision *uint64) (store.Applied, error) {
		return a.store.Rollback(ctx, to, author, revision)
	})
}

// revise makes the policies after a change of those before it.
type revise func(before []store.Doc) []store.Doc

// without takes policies out. What is not there is passed over.
func without(names ...string) revise {
	return func(before []store.Doc) []store.Doc {
		return slices.DeleteFunc(slices.Clone(before), func(d store.Doc) bool { return slices.Contains(names, d.Name) })
	}
}

// instead puts an earlier set in the place of what there is.
func instead(set store.PolicySet) revise {
	return func([]store.Doc) []store.Doc { return set.Docs }
}

// change makes a change of the policies: everything is made aside in the kernel for just the next revision, then the store
// makes it the current one, then it comes into force. If somebody else is faster, all of it is done again. One at a time: changes of
// this node do not compete.
func (a *Agent) change(ctx context.Context, next revise, write func(ifRevision *uint64) (store.Applied, error)) (store.Applied, error) {
	a.changing.Lock()
	defer a.changing.Unlock()
	for {
		set, err := a.store.Policies(ctx) // may take as long as the store is away
		if err != nil {
			return store.Applied{}, err
		}
		applied, err := a.tryChange(set, next(set.Docs), write)
		if !errors.Is(err, store.ErrPoliciesChanged) {
			return applied, err
		}
	}
}

// tryChange returns ErrPoliciesChanged if the store has other policies than set by now.
func (a *Agent) tryChange(set store.PolicySet, docs []store.Doc, write func(ifRevision *uint64) (store.Applied, error)) (store.Applied, error) {
	if slices.EqualFunc(docs, set.Docs, sameDoc) {
		applied, err := write(&set.Revision)
		if err == nil {
			err = notInForce(a.takePolicies(set)) // an earlier try may have failed here
		}
		return applied, err
	}
	a.viewing.Lock()
	defer a.viewing.Unlock()
	turn, err := a.beginWith(set.Revision+1, docs)
	if err != nil {
		return store.Applied{}, fmt.Errorf("%s can not come into force: %w", policiesOf(difference(set.Docs, docs)), err)
	}
	applied, err := write(&set.Revision)
	if err != nil {
		turn.abandon()
		return applied, err
	}
	return applied, notInForce(turn.commit())
}

// notInForce says of an error that the policies are stored nevertheless.
func notInForce(err error) error {
	if err != nil {
		return fmt.Errorf("the policies are stored, but not everywhere in force: %w", err)
	}
	return nil
}

// beginWith begins the turn to policies as the store will have them.
func (a *Agent) beginWith(revision uint64, docs []store.Doc) (*turn, error) {
	rules, err := a.compile(revision, docs)
	if err != nil {
		return nil, err
	}
	return a.begin(rules, a.identities.Snapshot())
}

// compile makes rules of policies as the store has them. They go by the ones in force as far as these stay.
func (a *Agent) compile(revision uint64, docs []store.Doc) (*policy.Ruleset, error) {
	policies, err := a.decoder.decode(docs)
	if err != nil {
		return nil, err
	}
	return recompile(a.view.Load().rules, revision, policies)
}

// recompile makes rules of policies, from those before. ErrTooManyPrefixes.
func recompile(before *policy.Ruleset, revision uint64, policies []policy.Policy) (*policy.Ruleset, error) {
	rules, err := policy.Recompile(before, revision, policies)
	if err != nil {
		return nil, err
	}
	if n := len(rules.Prefixes()); n > maxPrefixes {
		return nil, fmt.Errorf("%w: %d together, at most %d: join them to larger ones", ErrTooManyPrefixes, n, maxPrefixes)
	}
	return rules, nil
}

func sameDoc(a, b store.Doc) bool {
	return a.Name == b.Name && bytes.Equal(a.JSON, b.JSON) && bytes.Equal(a.Source, b.Source)
}

func sourcesOf(files []PolicyFile) string {
	var names []string
	for _, file := range files {
		names = append(names, file.Source)
	}
	return strings.Join(names, " ")
}
