// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"slices"

	"github.com/hypha-net/hypha/internal/endpoint"
)

// Filter chooses events. The zero Filter lets all through.
type Filter struct {
	Types    []Type      // none: all
	Endpoint endpoint.ID // source or destination; 0: any
	Audited  bool        // also verdicts that mode audit or rules under audit have a part in, which are reported unasked
}

func (f Filter) lets(e *Event) bool {
	if !f.wants(e.Type) && !(f.Audited && e.Type == Verdict && e.Audit) {
		return false
	}
	return f.Endpoint == 0 || f.Endpoint == e.Source.Endpoint || f.Endpoint == e.Destination.Endpoint
}

func (f Filter) wants(t Type) bool {
	return len(f.Types) == 0 || slices.Contains(f.Types, t)
}
