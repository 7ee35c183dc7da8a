// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"net/netip"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// maxCut is how many of the flows that a change would cut are named.
const maxCut = 100

// CutFlow is a live flow that a change would stop, and why.
type CutFlow struct {
	datapath.Flow
	Ruling policy.Ruling
}

// cut finds the live flows that the rules to come would stop, and counts them.
func (a *Agent) cut(f *forecast) (some []CutFlow, total int, err error) {
	err = a.datapath.Flows(func(flow datapath.Flow) bool {
		if flow.Denied {
			return true
		}
		if ruling := f.ruling(flow); !ruling.Allowed {
			if total++; total <= maxCut {
				some = append(some, CutFlow{flow, ruling})
			}
		}
		return true
	})
	return some, total, err
}

// forecast is what other rules than those in force would say of flows.
type forecast struct {
	*view   // by those rules, with the prefixes that they name
	rulings map[sort]policy.Ruling
}

// foresee returns what other rules would say of those known now. Prefixes have numbers for the occasion.
func (v *view) foresee(rules *policy.Ruleset) *forecast {
	prefixes := map[netip.Prefix]identity.Number{}
	for i, prefix := range rules.Prefixes() {
		prefixes[prefix] = identity.FirstCIDR + identity.Number(i)
	}
	return &forecast{newView(rules, v.known, prefixes), map[sort]policy.Ruling{}}
}

func (f *forecast) ruling(flow datapath.Flow) policy.Ruling {
	from, to := f.party(flow.Client), f.party(flow.Server)
	key := sort{from.ID, to.ID, flow.Protocol, servicePort(flow.Protocol, flow.Server.Port)}
	ruling, found := f.rulings[key]
	if !found {
		ruling = f.rules.Ruling(from, to, key.protocol, key.port)
		f.rulings[key] = ruling
	}
	return ruling
}

// party is who an end of a flow would be: in the world, that is up to the prefixes that rules name.
func (f *forecast) party(p datapath.Party) policy.Peer {
	if p.Identity == identity.World || p.Identity.IsCIDR() {
		return f.peerAt(p.Address)
	}
	return f.peer(p.Identity)
}
