// SPDX-License-Identifier: Apache-2.0

// Package oracle holds the whole of Hypha against its reference, docs/policy.md, from the outside: random policy files go in by the
// command line, real packets are sent, and what becomes of each is asked of four:
//
//	the reference  as a naive program of this package, which reads the file with a plain YAML reader and shares no code with Hypha's
//	the packet     answered or not
//	explain        hypha policy explain, with what it reads back from the kernel
//	the event      of that packet in hypha monitor
//
// They agree on the verdict and on the rules that made it, and hypha stats --by rule grows by exactly the packets that were sent.
//
// HYPHA_SEED repeats a run, HYPHA_TEST_LONG=1 makes it ten times as long.
package oracle

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

func TestPacketsFareAsTheReferenceSays(t *testing.T) {
	testbed.NeedRoot(t)
	binary := build(t)
	rounds := 100
	if os.Getenv("HYPHA_TEST_LONG") == "1" {
		rounds = 1000
	}
	for i, mode := range []string{always, selected, audit} {
		t.Run(mode, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed(t), uint64(i)))
			newTrial(t, newCluster(t, binary, mode, someLabels(random)), mode, random).run(rounds)
		})
	}
}

func seed(t *testing.T) uint64 {
	seed, err := strconv.ParseUint(os.Getenv("HYPHA_SEED"), 10, 64)
	if err != nil {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("HYPHA_SEED=%d", seed)
	return seed
}
