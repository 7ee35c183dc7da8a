// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// Settle waits until every endpoint has been looked at once, and says which is not as it should be.
func (a *Agent) Settle(ctx context.Context) error {
	rounds, err := a.lookAtAll(ctx)
	if err != nil {
		return err
	}
	select {
	case <-a.recognised:
	case <-ctx.Done():
		return ctx.Err()
	}
	var first error
	behind := 0
	for _, id := range slices.Sorted(maps.Keys(rounds)) {
		if err := rounds[id].err; err != nil {
			behind++
			first = cmp.Or(first, fmt.Errorf("endpoint %s: %w", a.endpoints.snapshot().byID[id].Name, err))
		}
	}
	if behind > 1 {
		return fmt.Errorf("%w (and %d more: see hypha endpoint list)", first, behind-1)
	}
	return first
}

// lookAtAll returns when every endpoint has been looked at.
func (a *Agent) lookAtAll(ctx context.Context) (map[endpoint.ID]*round, error) {
	rounds := map[endpoint.ID]*round{}
	for id := range a.endpoints.snapshot().byID {
		rounds[id] = a.queue.add(id)
	}
	for _, r := range rounds {
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return rounds, nil
}

// adopted returns the CIDRs that the kernel recognises since an earlier agent.
func (a *Agent) adopted() (map[netip.Prefix]identity.Number, error) {
	all, err := a.datapath.Outside()
	if err != nil {
		return nil, err
	}
	rules := map[netip.Prefix]identity.Number{}
	for prefix, who := range all {
		if who.Identity.IsCIDR() && a.prefixes.numbers[prefix] == who.Identity {
			rules[prefix] = who.Identity
		}
	}
	return rules, nil
}

// recogniseRules has the kernel recognise the CIDRs of the rules, and no others, once the endpoints of an earlier agent are
// judged by these rules. Their old tables know nothing of CIDRs that have come since: they would take them for just anybody.
// What the kernel refuses is tried again and again.
func (a *Agent) recogniseRules(ctx context.Context) error {
	if _, err := a.lookAtAll(ctx); err != nil {
		return nil // it is all over
	}
	err := a.recognise()
	a.note("CIDRs of the rules", err)
	close(a.recognised)
	for err != nil {
		select {
		case <-time.After(againInterval):
		case <-ctx.Done():
			return nil
		}
		err = a.recognise()
		a.note("CIDRs of the rules", err)
	}
	return nil
}

// recognise takes the turn from the first view. That has the numbers of all CIDRs of the rules, and of those adopted: the turn
// takes the latter away, and what the kernel does not recognise yet comes after it.
func (a *Agent) recognise() error {
	a.viewing.Lock()
	defer a.viewing.Unlock()
	if err := a.see(a.view.Load().rules, a.identities.Snapshot()); err != nil {
		return err
	}
	return a.outside.setRules(a.view.Load().prefixes)
}
