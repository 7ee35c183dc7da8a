// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
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

// denial is a sort of flow that policy denied: who, whom, which port.
type denial struct {
	from, to identity.Number
	protocol policy.Protocol
	port     uint16 // of the provider; the type of an ICMP request
}

// sightings is how often a denial was seen in events. The kernel holds events of a flood back, so packets is the least.
type sightings struct {
	packets  uint64
	last     time.Time
	from, to endpoint.ID // of the last one
}

// denials remembers what policy denied on this node, or in mode audit would have, for suggestions.
type denials struct {
	mu   sync.Mutex
	seen map[denial]sightings
}

// follow remembers what the monitor reports, until ctx is done.
func (d *denials) follow(ctx context.Context, m *monitor.Monitor) error {
	subscription := m.Subscribe(monitor.Filter{Types: []monitor.Type{monitor.Drop}, Audited: true})
	defer context.AfterFunc(ctx, subscription.Close)()
	for event := range subscription.Events {
		if event.PolicyDenied() {
			d.add(event)
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
	key := denial{from.Identity, to.Identity, protocol, servicePort(protocol, to.Port)}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil {
		d.seen = map[denial]sightings{}
	}
	known, found := d.seen[key]
	if !found && len(d.seen) >= maxDenials {
		d.forgetOldest()
	}
	d.seen[key] = sightings{known.packets + 1 + uint64(event.Suppressed), event.Time, from.Endpoint, to.Endpoint}
}

func (d *denials) forgetOldest() {
	var oldest denial
	first := true
	for key, s := range d.seen {
		if first || s.last.Before(d.seen[oldest].last) {
			oldest, first = key, false
		}
	}
	delete(d.seen, oldest)
}

// since returns what was denied from a moment on, the most frequent first. id: only what that endpoint had to do with.
func (d *denials) since(moment time.Time, id endpoint.ID, peer func(identity.Number) policy.Peer) (flows []policy.Flow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, s := range d.seen {
		if s.last.Before(moment) || id != 0 && id != s.from && id != s.to {
			continue
		}
		flows = append(flows, policy.Flow{
			From: peer(key.from), To: peer(key.to), Protocol: key.protocol, Port: key.port, Packets: s.packets, Last: s.last,
		})
	}
	slices.SortFunc(flows, func(a, b policy.Flow) int {
		return cmp.Or(cmp.Compare(b.Packets, a.Packets), cmp.Compare(a.From.ID, b.From.ID), cmp.Compare(a.To.ID, b.To.ID),
			cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port))
	})
	return flows
}
