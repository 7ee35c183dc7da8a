// SPDX-License-Identifier: Apache-2.0

package policy

import "k8s.io/apimachinery/pkg/selection"

// candidates returns the label sets that carry what the posting asks for, if it asks for one label's value.
func (c *catalogue) candidates(p *posting) (indexes []index, few bool) {
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
