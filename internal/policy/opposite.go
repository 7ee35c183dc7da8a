// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"
)

// checkOpposites refuses an entry that is an earlier one of its rule with the other action: the two contradict each other.
func checkOpposites(all []spot) error {
	seen := map[string]spot{}
	for _, s := range all {
		if s.side == "" {
			clear(seen) // a rule begins
			continue
		}
		key := s.side + " " + s.matchKey()
		first, found := seen[key]
		if found && first.deny != s.deny {
			return s.here(fmt.Errorf("%w: it contradicts %s %d, which says the opposite of the same peers and ports", ErrRule, s.side, first.number))
		}
		if !found {
			seen[key] = s
		}
	}
	return nil
}

// matchKey is the same for two passages that are about the same peers and ports.
func (p passage) matchKey() string {
	var ports []string
	for _, item := range p.ports {
		ports = append(ports, item.key())
	}
	return sortedKey(keysOf(p.peers)) + " ports " + sortedKey(ports)
}

func sortedKey(keys []string) string {
	slices.Sort(keys)
	return fmt.Sprintf("%q", slices.Compact(keys))
}

func (i portItem) key() string {
	return strings.TrimSpace(fmt.Sprintf("%d-%d/%s %s", i.First, i.Last, i.Protocol, i.name))
}
