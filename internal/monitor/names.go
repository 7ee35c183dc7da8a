// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// Names knows what people call the numbers in events. It is asked for each batch of events, so it must answer from
// memory, and for any number at all: an endpoint may be gone when its last event is read.
type Names interface {
	Endpoint(id endpoint.ID) (name string, labels labels.Set, ok bool)
	Labels(number identity.Number) (labels.Set, bool)
	Ruling(number uint32) (policy.Ruling, bool)
}

// Who is what people call a party. Nobody changes one: events that were read together share it.
type Who struct {
	Name   string     // of the endpoint; "" without one, or when it has gone
	Labels labels.Set // the endpoint's, or else the identity's; nil if neither is known
}

// directory is what Names said, each number asked for once: a batch of events mostly is about few of them.
type directory struct {
	names   Names
	parties map[party]*Who
	rulings map[uint32]*policy.Ruling
}

// party is what an event has in the place of a Who.
type party struct {
	endpoint endpoint.ID
	identity identity.Number
}

func newDirectory(names Names) directory {
	return directory{names: names, parties: map[party]*Who{}, rulings: map[uint32]*policy.Ruling{}}
}

// forget has Names asked anew.
func (d *directory) forget() {
	clear(d.parties)
	clear(d.rulings)
}

// label puts names, labels and the ruling's meaning on an event.
func (d *directory) label(e *Event) {
	e.Source.Who = d.who(party{e.Source.Endpoint, e.Source.Identity})
	e.Destination.Who = d.who(party{e.Destination.Endpoint, e.Destination.Identity})
	e.Ruling = d.ruling(e.RulingNumber)
}

func (d *directory) who(p party) *Who {
	who, asked := d.parties[p]
	if !asked {
		who = d.ask(p)
		d.parties[p] = who
	}
	return who
}

// ask returns nil if nothing is known.
func (d *directory) ask(p party) *Who {
	if p.endpoint != 0 {
		if name, set, ok := d.names.Endpoint(p.endpoint); ok {
			return &Who{Name: name, Labels: set}
		}
	}
	if set, ok := d.names.Labels(p.identity); ok {
		return &Who{Labels: set}
	}
	return nil
}

func (d *directory) ruling(number uint32) *policy.Ruling {
	ruling, asked := d.rulings[number]
	if !asked {
		if known, ok := d.names.Ruling(number); ok {
			ruling = &known
		}
		d.rulings[number] = ruling
	}
	return ruling
}
