// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"sync"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// ledger numbers rulings from 1 on.
type ledger struct {
	mu      sync.Mutex
	numbers map[policy.Ruling]uint32
	full    bool // refuses
}

var errLedgerFull = errors.New("the ledger is full")

func (l *ledger) Number(r policy.Ruling) (uint32, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return 0, errLedgerFull
	}
	if l.numbers == nil {
		l.numbers = map[policy.Ruling]uint32{}
	}
	if _, found := l.numbers[r]; !found {
		l.numbers[r] = uint32(len(l.numbers) + 1)
	}
	return l.numbers[r], nil
}

// Rulings that name the rule that made them.
func allowedBy(rule string) policy.Ruling {
	return policy.Ruling{Allowed: true, Ingress: policy.Opinion{Cause: policy.CauseAllow, Policy: "test", Rule: rule, Tier: 100}}
}

func deniedBy(rule string) policy.Ruling {
	return policy.Ruling{Ingress: policy.Opinion{Cause: policy.CauseDeny, Policy: "test", Rule: rule, Tier: 100}}
}

// allow is a table in which peers may everything, and nobody else may anything.
func allow(peers ...identity.Number) policy.Table {
	kinds := []policy.Kind{
		{Allowed: policy.Bits{0}, Deny: deniedBy("default")},
		{Allowed: policy.Bits{1}, Allow: allowedBy("row")},
	}
	rows := map[identity.Number]int{}
	for _, peer := range peers {
		rows[peer] = 1
	}
	return policy.Table{Shape: &policy.Shape{Classes: 1}, Kinds: kinds, Rows: policy.Rows{}.With(rows)}
}
