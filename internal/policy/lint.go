// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"slices"
)

var (
	errOpens  = errors.New("it never matches: of ICMP only an echo request opens a flow, and the rest passes with its flow")
	errNoName = errors.New("it never matches: only endpoints with labels have names for their ports: write its number")
	errExempt = errors.New("it does nothing: health is exempt from what is required")
)

// lint looks, in sound policies, for what can not be meant: err is the first thing that is refused, doubts are
// for warnings. Compile does not look: what is in a store stays usable, also if lint learns more one day.
func lint(all []spot) (doubts []error, err error) {
	for _, check := range []func([]spot) error{checkSelectors, checkEmptied, checkOpposites} {
		if err := check(all); err != nil {
			return nil, err
		}
	}
	for _, s := range all {
		doubts = append(doubts, s.doubtWords()...)
		doubts = append(doubts, s.doubtPorts()...)
		if s.side == "" && s.selects.word == wordHealth && len(s.require) > 0 {
			doubts = append(doubts, at(fmt.Errorf("require: %w", errExempt), s.label, append(slices.Clone(s.path), "require")...))
		}
	}
	return append(doubts, overruled(all)...), nil
}

// checkSelectors refuses selectors that no label set satisfies.
func checkSelectors(all []spot) error {
	for _, s := range all {
		if s.side == "" {
			if err := checkSelector(s.selects); err != nil {
				return at(err, fmt.Sprintf("%s: select: %.80q", s.label, s.selects.selector), append(slices.Clone(s.path), "select")...)
			}
		}
		for i, t := range s.peers {
			if err := checkSelector(t); err != nil {
				return s.item(err, s.written.key, i, s.written.peers[i])
			}
		}
	}
	return nil
}

func checkSelector(t term) error {
	if t.selector == nil {
		return nil
	}
	if key, never := unsatisfiable(t.selector); never {
		return fmt.Errorf("%w: it never matches: no endpoint can have all that it asks of %s", ErrSelector, key)
	}
	return nil
}

// checkEmptied refuses CIDRs of which the exceptions together leave nothing.
func checkEmptied(all []spot) error {
	for _, s := range all {
		for i, t := range s.peers {
			if t.isEmptied() {
				err := fmt.Errorf("%w: its exceptions leave nothing of it", ErrCIDR)
				return s.item(err, s.written.key, i, s.written.peers[i])
			}
		}
	}
	return nil
}

// doubtPorts is about ports items that never match.
func (s spot) doubtPorts() []error {
	var doubts []error
	for i, item := range s.written.ports {
		ports, err := parsePort(item)
		if err != nil {
			continue // not in a sound policy
		}
		switch {
		case !slices.ContainsFunc(ports, func(p portItem) bool { return p.opens() }):
			doubts = append(doubts, s.item(errOpens, "ports", i, item))
		case ports[0].name != "" && !slices.ContainsFunc(s.providers(), term.mayHaveLabels):
			doubts = append(doubts, s.item(errNoName, "ports", i, item))
		}
	}
	return doubts
}

// providers are those whose names for ports the entry means.
func (s spot) providers() []term {
	if s.side == ingress {
		return []term{s.selects}
	}
	return s.peers
}

// mayHaveLabels reports whether the term can be about peers with labels.
func (t term) mayHaveLabels() bool {
	switch t.word {
	case wordHost, wordRemoteNode, wordWorld, wordHealth:
		return false
	}
	return !t.prefix.IsValid()
}
