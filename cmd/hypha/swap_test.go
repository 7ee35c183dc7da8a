// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/internal/testbed"
)

// Two sets of policies that contradict each other take turns, 10,000 times or for three minutes, while new flows begin all the time:
//
//	a1 a2 ── datagrams, each a flow of its own: allowed at odd revisions ──┐
//	b1 b2 ── datagrams, each a flow of its own: allowed at even revisions ─┼─ server:80
//	c ────── TCP, one connection all the time and many short ones: ────────┘
//	         always allowed
//
// Each packet meets what the revision says that judged it; that is not older than what the last apply has promised; what is said
// to have passed arrives, and nothing else; the statistics say the same. HYPHA_SWAPS is how often otherwise.
func TestSwapsUnderLoad(t *testing.T) {
	testbed.NeedRoot(t)
	least, swaps := number("HYPHA_SWAPS", 500), number("HYPHA_SWAPS", 10_000)
	if testing.Short() {
		swaps = min(swaps, 500)
	}
	v := newVictim(t)
	v.start()
	s := newStage(v)
	v.turn(1)

	watching, stop := context.WithCancel(t.Context())
	defer stop()
	all, watching := errgroup.WithContext(watching)
	heard := make(chan struct{})
	all.Go(func() error { return s.witness(watching, heard) })
	s.warn(heard)
	talking, end := context.WithCancel(watching)
	defer end()
	v.standings() // programs that wait for their links are held open
	before, files, began := s.tallies(), v.bpfFiles(), time.Now()
	s.talk(talking, all)
	done := uint64(0)
	for limit := began.Add(3 * time.Minute); done < swaps && (done < least || time.Now().Before(limit)) && talking.Err() == nil; done++ {
		v.turn(done + 2)
		s.promised.Store(done + 2)
	}
	t.Logf("%d swaps, each took %v", done, time.Since(began)/time.Duration(max(1, done)))
	end()
	s.settle(watching)
	stop()
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	s.wantCounted(before)
	if now := v.bpfFiles(); now != files {
		t.Errorf("the agent has %d programs and maps open, before %d", now, files)
	}
	v.cleanup()
}
