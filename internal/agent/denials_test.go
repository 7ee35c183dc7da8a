// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
)

// denied is a TCP packet from endpoint 1 to endpoint 2 that policy dropped at a second.
func denied(from, to identity.Number, port uint16, second int) monitor.Event {
	return monitor.Event{
		Time: time.Unix(int64(second), 0), Protocol: uint8(policy.TCP),
		Source:      monitor.Party{Identity: from, Endpoint: 1, Port: 40000},
		Destination: monitor.Party{Identity: to, Endpoint: 2, Port: port},
	}
}

// everybody is who a number is, if all are known.
func everybody(n identity.Number) (policy.Peer, bool) { return policy.Peer{ID: n}, true }

func TestDenialsOfASortAreOne(t *testing.T) {
	var d denials
	d.add(denied(300, 301, 80, 1))
	reply := denied(301, 300, 0, 2)
	reply.Reply, reply.Source.Port = true, 80
	d.add(reply)
	held := denied(300, 301, 80, 3)
	held.Suppressed = 1000 // of whatever the same endpoint sent
	d.add(held)
	d.add(denied(300, 301, 443, 4))
	flows := d.since(time.Time{}, 0, everybody)
	if len(flows) != 2 || flows[0].Port != 80 || flows[0].Packets != 3 || flows[0].From.ID != 300 || !flows[0].Last.Equal(time.Unix(3, 0)) || flows[1].Port != 443 {
		t.Errorf("%+v", flows)
	}
}

func TestDenialsAreChosen(t *testing.T) {
	var d denials
	d.add(denied(300, 301, 80, 1))
	d.add(denied(300, identity.FirstCIDR, 80, 2))
	for _, c := range []struct {
		name   string
		second int
		id     endpoint.ID
		peer   func(identity.Number) (policy.Peer, bool)
		want   int
	}{
		{"all", 0, 0, everybody, 2},
		{"since", 2, 0, everybody, 1},
		{"of an endpoint", 0, 1, everybody, 2},
		{"of another endpoint", 0, 3, everybody, 0},
		{"of who is known", 0, 0, func(n identity.Number) (policy.Peer, bool) { return policy.Peer{ID: n}, !n.IsCIDR() }, 1},
	} {
		if flows := d.since(time.Unix(int64(c.second), 0), c.id, c.peer); len(flows) != c.want {
			t.Errorf("%s: %+v, want %d", c.name, flows, c.want)
		}
	}
}

// A port scan displaces what was not seen for the longest time, and needs no more memory than there is.
func TestDenialsAreBounded(t *testing.T) {
	var d denials
	d.add(denied(300, 301, 80, 0))
	d.add(denied(300, 301, 443, 0))
	for i := range maxDenials - 1 {
		d.add(denied(300, 302+identity.Number(i), 22, 1+i))
		if i == 0 {
			d.add(denied(300, 301, 80, 2)) // seen again
		}
	}
	flows := d.since(time.Time{}, 0, everybody)
	if len(flows) != maxDenials || flows[0].Port != 80 || flows[0].Packets != 2 {
		t.Errorf("%d remembered, first of all %+v", len(flows), flows[0])
	}
	for _, f := range flows {
		if f.Port == 443 {
			t.Error("the oldest is remembered")
		}
	}
	if len(d.seen) != d.order.Len() {
		t.Errorf("%d are indexed and %d listed", len(d.seen), d.order.Len())
	}
}
