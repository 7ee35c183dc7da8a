// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"math/rand/v2"
	"testing"
)

// trial is a cluster that goes through rounds.
type trial struct {
	*testing.T
	*cluster
	mode    string
	random  *rand.Rand
	counted *ledger
	tally   map[string]int // how often what came out
}

func newTrial(t *testing.T, c *cluster, mode string, random *rand.Rand) *trial {
	t.Helper()
	return &trial{t, c, mode, random, c.newLedger(t), map[string]int{}}
}

func (t *trial) run(rounds int) {
	t.Helper()
	for number := range rounds {
		if number%15 == 7 {
			t.relabel(t.T, one(t.random, t.containers...), labelSet(t.random))
		}
		r := newRound(t.cluster, t.mode, someDocuments(t.random, t.mode))
		if err := r.apply(); err != nil {
			t.Fatalf("round %d: %v\n%s", number, err, r)
		}
		t.round(number, r)
	}
	t.Logf("%d rounds: %v", rounds, t.tally)
}

// round sends packets, asks, and looks at what was told and counted beside.
func (t *trial) round(number int, r *round) {
	t.Helper()
	sent := r.send(t.someProbes(t.random))
	for _, a := range sent {
		t.counted.expect(a)
		t.tally[outcome(a.want)]++
		if problem := a.problem(); problem != "" {
			t.Fatalf("round %d: %v\n%s\n%s", number, a.probe, problem, r.minimal(a.probe))
		}
	}
	for _, q := range t.someQuestions(t.random) {
		if problem := r.question(q); problem != "" {
			t.Fatalf("round %d: %s %s → %s\n%s\n%s", number, q.from.name, q.portText(), q.to.name, problem, r)
		}
	}
	if strays := t.cluster.events.endRound(); len(strays) > 0 {
		t.Fatalf("round %d: denied, and nobody had sent it: %+v\n%s", number, strays, r)
	}
	if t.counted.check(t.T, r) {
		t.tally["rounds counted"]++
	}
	if number%5 == 3 {
		t.advice(number, r, sent[0])
	}
}

// advice follows what explain says to do about a denied probe.
func (t *trial) advice(number int, r *round, a answers) {
	t.Helper()
	if problem := r.heed(a); problem != "" {
		t.Fatalf("round %d: %v\n%s\n%s", number, a.probe, problem, r)
	}
	t.counted = t.newLedger(t.T) // heed has sent something that is not in it
}
