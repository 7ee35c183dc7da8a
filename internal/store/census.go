// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"math"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// censusPage is how many keys are read in one request.
const censusPage = 5000

// census is all there is about label sets' numbers, at one revision of etcd.
type census struct {
	sets      []numbered
	marks     map[string]int64 // by identityUnused key: the revision of the mark
	gone      map[uint32]int64 // numbers that were taken back, and at which revision
	used      map[uint32]bool  // numbers that some node has told it uses
	forgotten int64            // the revision up to which every node has forgotten who has lost a number
}

// numbered is a label set with a number.
type numbered struct {
	hash     string
	number   uint32
	revision int64 // that it has it since
}

func (s *Store) census(ctx context.Context) (census, error) {
	c := census{marks: map[string]int64{}, gone: map[uint32]int64{}, used: map[uint32]bool{}, forgotten: math.MaxInt64}
	revision := int64(0)
	for _, part := range []struct {
		prefix string
		take   func(*mvccpb.KeyValue) error
	}{
		{identityNodes, c.takeUses}, {identitySets, c.takeSet}, {identityUnused, c.takeMark}, {identityGone, c.takeGone},
	} {
		if err := s.readAll(ctx, part.prefix, censusPage, &revision, part.take); err != nil {
			return census{}, err
		}
	}
	return c, nil
}

func (c *census) takeUses(kv *mvccpb.KeyValue) error {
	uses, err := parseUses(string(kv.Key), kv.Value)
	if err != nil {
		return err // who can not read what is used must not take anything back
	}
	c.forgotten = min(c.forgotten, uses.Forgotten)
	for _, number := range uses.Used {
		c.used[number] = true
	}
	return nil
}

func (c *census) takeSet(kv *mvccpb.KeyValue) error {
	number, err := parseNumber(string(kv.Key), kv.Value)
	c.sets = append(c.sets, numbered{strings.TrimPrefix(string(kv.Key), identitySets), number, kv.ModRevision})
	return err
}

func (c *census) takeMark(kv *mvccpb.KeyValue) error {
	c.marks[string(kv.Key)] = kv.ModRevision
	return nil
}

func (c *census) takeGone(kv *mvccpb.KeyValue) error {
	number, err := parseNumber(string(kv.Key), []byte(strings.TrimPrefix(string(kv.Key), identityGone)))
	c.gone[number] = kv.ModRevision
	return err
}
