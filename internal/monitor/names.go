// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// Names knows what people call the numbers in events. It is asked for each event, so it must answer from memory,
// and for any number at all: an endpoint may be gone when its last event is read.
type Names interface {
	Endpoint(id endpoint.ID) (name string, labels labels.Set, ok bool)
	Labels(number identity.Number) (labels.Set, bool)
	Ruling(number uint32) (policy.Ruling, bool)
}

// label puts names, labels and the ruling's meaning on an event.
func (e *Event) label(names Names) {
	e.Source.label(names)
	e.Destination.label(names)
	if ruling, known := names.Ruling(e.RulingNumber); known {
		e.Ruling = &ruling
	}
}

// label puts name and labels on a party.
func (p *Party) label(names Names) {
	if p.Endpoint != 0 {
		if name, set, ok := names.Endpoint(p.Endpoint); ok {
			p.Name, p.Labels = name, set
			return
		}
	}
	if set, ok := names.Labels(p.Identity); ok {
		p.Labels = set
	}
}
