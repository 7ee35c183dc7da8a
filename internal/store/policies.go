// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Doc is one policy: a name, JSON that the store does not look into, and what that was made of.
type Doc struct {
	Name   string
	JSON   []byte
	Source []byte // the original document, if it was of another kind; a policy with another source is another policy
}

// PolicySet is all policies at one revision, by name. Revisions count 1, 2, 3, ... in the whole
// cluster; 0 is the set that is empty because there never was one.
type PolicySet struct {
	Revision uint64
	Docs     []Doc // shared: not to be changed
}

// Policies returns the current set.
func (s *Store) Policies(ctx context.Context) (PolicySet, error) {
	v, err := s.current(ctx)
	if err != nil {
		return PolicySet{}, fmt.Errorf("read policies: %w", err)
	}
	set, err := s.read(ctx, v)
	if err != nil {
		return PolicySet{}, fmt.Errorf("read policies: %w", err)
	}
	return set, nil
}

// PoliciesAt returns the set of a revision: ErrNoRevision if it is not kept.
func (s *Store) PoliciesAt(ctx context.Context, revision uint64) (PolicySet, error) {
	_, v, err := s.versionAt(ctx, revision)
	if err != nil {
		return PolicySet{}, fmt.Errorf("read policies: %w", err)
	}
	set, err := s.read(ctx, v)
	if err != nil {
		return PolicySet{}, fmt.Errorf("read policies at revision %d: %w", revision, err)
	}
	return set, nil
}

// read returns the set of v. What has been read before, and has not changed, is not fetched.
func (s *Store) read(ctx context.Context, v version) (PolicySet, error) {
	if docs, same := s.last.docsOf(v); same {
		return PolicySet{v.Revision, docs}, nil
	}
	pages, err := load(ctx, s, &s.pages, v, slices.Collect(maps.Values(v.Pages)), decodePage)
	if err != nil {
		return PolicySet{}, err
	}
	var refs []ref
	all := slices.Concat(slices.Collect(maps.Values(pages))...)
	for _, e := range all {
		refs = append(refs, e.refs()...)
	}
	bodies, err := load(ctx, s, &s.bodies, v, refs, func(_ ref, body []byte) ([]byte, error) { return body, nil })
	if err != nil {
		return PolicySet{}, err
	}
	s.pages.keep(pages)
	s.bodies.keep(bodies)
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.Name, b.Name) })
	set := PolicySet{Revision: v.Revision, Docs: make([]Doc, len(all))}
	for i, e := range all {
		set.Docs[i] = Doc{e.Name, bodies[e.body()], nil}
		if e.Source != "" {
			set.Docs[i].Source = bodies[e.source()]
		}
	}
	s.last.keep(v, set.Docs)
	return set, nil
}

// WatchPolicies calls apply with the current set, and with the whole set again whenever it has
// changed, one call at a time, until ctx is done; then it returns ctx's error. Changes faster than
// apply are seen as one. It keeps trying while etcd is away, and calls apply with a set that it
// returned an error for again after a while.
func (s *Store) WatchPolicies(ctx context.Context, apply func(PolicySet) error) error {
	last, first := uint64(0), true
	load := func() error {
		set, err := s.Policies(ctx)
		if err != nil {
			s.log.Warn("policies stay as they are: the store's can not be read", "error", err)
			return err
		}
		if !first && set.Revision == last {
			return nil
		}
		if err := apply(set); err != nil {
			return err
		}
		first, last = false, set.Revision
		return nil
	}
	return s.follow(ctx, policyCurrentKey, follower{
		replace: func(*clientv3.GetResponse) error { return load() },
		change:  func(int64, []*clientv3.Event) error { return load() },
	})
}
