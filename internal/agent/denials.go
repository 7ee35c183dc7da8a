// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"container/list"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// maxDenials is how many different denied flows are remembered. One more replaces the one that was seen last the longest ago.
const maxDenials = 10_000

// sort is what flows have in common that rules treat alike: who, to whom, which port.
type sort struct {
	from, to identity.Number
	protocol policy.Protocol
	port     uint16 // of the provider; the type of an ICMP request
}

// sightings is how often a denial was seen in events. The kernel holds events of a flood back, so packets is the least.
type sightings struct {
	of       sort
	packets  uint64
	last     time.Time
	from, to endpoint.ID // of the last one
}

// denials remembers what policy denied on this node, or in mode audit would have, for suggestions.
type denials struct {
	mu    sync.Mutex
	seen  map[sort]*list.Element // of order
	order list.List              // of *sightings, the latest first
}

// follow remembers what the monitor reports, until ctx is done.
func (d *denials) follow(ctx context.Context, m *monitor.Monitor) error {
	subscription := m.Subscribe(monitor.Filter{Types: []monitor.Type{monitor.Drop}, Audited: true})
	defer context.AfterFunc(ctx, subscription.Close)()
	for batch := range subscription.Batches() {
		for _, event := range batch {
			if event.PolicyDenied() {
				d.add(event)
			}
		}
	}
	return nil
}

func (d *denials) add(event monitor.Event) {
	from, to := event.Source, event.Destination
	if event.Reply {
		from, to = to, from
	}
	protocol := policy.Protocol(event.Protocol)
	key := sort{from.Identity, to.Identity, protocol, servicePort(protocol, to.Port)}
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.find(key)
	known.packets++
	known.last, known.from, known.to = event.Time, from.Endpoint, to.Endpoint
}

// find returns what is known of a denial that is seen now: it is the latest. d.mu is held.
func (d *denials) find(key sort) *sightings {
	if d.seen == nil {
		d.seen = map[sort]*list.Element{}
	}
	if element, found := d.seen[key]; found {
		d.order.MoveToFront(element)
		return element.Value.(*sightings)
	}
	if len(d.seen) >= maxDenials {
		delete(d.seen, d.order.Remove(d.order.Back()).(*sightings).of)
	}
	fresh := &sightings{of: key}
	d.seen[key] = d.order.PushFront(fresh)
	return fresh
}

// since returns what was denied from a moment on, the most frequent first. id: only what that endpoint had to do with. peer says
// who had a number; what somebody had to do with who is not known any more is left out.
func (d *denials) since(moment time.Time, id endpoint.ID, peer func(identity.Number) (policy.Peer, bool)) (flows []policy.Flow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for element := d.order.Front(); element != nil; element = element.Next() {
		s := element.Value.(*sightings)
		if s.last.Before(moment) || id != 0 && id != s.from && id != s.to {
			continue
		}
		from, hasFrom := peer(s.of.from)
		to, hasTo := peer(s.of.to)
		if hasFrom && hasTo {
			flows = append(flows, policy.Flow{From: from, To: to, Protocol: s.of.protocol, Port: s.of.port, Packets: s.packets, Last: s.last})
		}
	}
	slices.SortFunc(flows, func(a, b policy.Flow) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.From.ID, b.From.ID), cmp.Compare(a.To.ID, b.To.ID),
			cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port))
	})
	return flows
}
