// SPDX-License-Identifier: Apache-2.0

package policy

import "k8s.io/apimachinery/pkg/selection"

// candidates returns the peers that the posting can match, if there is a short way to find them: the label sets that carry what
// it asks for, if it asks for one label's value, or the CIDRs within its own.
func (c *catalogue) candidates(p *posting) (indexes []index, few bool) {
	if t, isTerm := p.matcher.(term); isTerm && t.prefix.IsValid() {
		return p.of.ordered.within(t.prefix), true
	}
	labels := askedFor(p.matcher)
	for _, at := range labels {
		indexes = append(indexes, c.carriers[at]...)
	}
	return indexes, len(labels) > 0
}

// askedFor returns labels of which a peer must carry one to match, nil if there are no such.
func askedFor(m matcher) []label {
	t, isTerm := m.(term)
	switch {
	case !isTerm:
		return []label{m.(label)}
	case t.selector == nil:
		return nil
	}
	requirements, _ := t.selector.Requirements()
	for _, requirement := range requirements {
		switch requirement.Operator() {
		case selection.Equals, selection.DoubleEquals, selection.In:
			var labels []label
			for _, value := range requirement.ValuesUnsorted() {
				labels = append(labels, label{requirement.Key(), value})
			}
			return labels
		}
	}
	return nil
}
