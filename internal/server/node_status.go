// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/store"
)

// Status implements Agent.
func (n *Node) Status(ctx context.Context) (api.Status, error) {
	return n.status(n.agent.Status(ctx)), nil
}

// Measure implements Agent.
func (n *Node) Measure(ctx context.Context) (api.Status, []api.RuleStats, error) {
	s := n.agent.Status(ctx)
	return n.status(s), rulesOf(s.Decided), nil
}

func (n *Node) status(s agent.Status) api.Status {
	out := api.Status{
		Version: s.Version, Started: s.Started, UptimeSeconds: int64(time.Since(s.Started).Seconds()),
		Node: n.node(s.Node), Problems: append([]string{}, s.Problems...),
		Store:  storeOf(s.Store),
		Docker: api.DockerStatus{State: string(s.Docker.State), Version: s.Docker.Version, Message: s.Docker.Message},
		Policy: api.PolicyStatus{
			Revision: s.Revision, Policies: s.Policies, Rules: s.Rules, Enforce: string(s.Enforce),
		},
		Nodes: map[string]int{}, Silent: len(s.Silent), Endpoints: map[string]int{},
		BGP: bgpOf(s.BGP), Features: featuresOf(s.Features), Maps: mapsOf(s.Maps), MapBytes: s.MapBytes,
		Forwarded: api.Traffic{Packets: s.Traffic.Packets, Bytes: s.Traffic.Bytes}, Drops: dropsOf(s.Verdicts),
		Events: api.EventCounts{Emitted: s.Events.Events, Lost: s.Lost, Suppressed: s.Events.Suppressed},
	}
	for _, table := range s.Tables {
		out.Tables.Tables++
		out.Tables.Programs++
		out.Tables.Rows += uint64(table.IngressRows + table.EgressRows)
		out.Tables.Bytes += table.Bytes + uint64(table.Program.JITBytes)
	}
	for _, m := range s.Maps {
		if m.Name == "counter_slots" { // an entry for each counter that something is counted in
			out.Counters = api.CounterStatus{Used: uint64(m.Entries), Max: uint64(m.Max)}
		}
	}
	for phase, count := range s.Nodes {
		out.Nodes[string(phase)] = count
	}
	for state, count := range s.Endpoints {
		out.Endpoints[string(state)] = count
	}
	return out
}

// storeOf leaves out where the embedded etcd is: it says so already.
func storeOf(s store.Status) api.StoreStatus {
	out := api.StoreStatus{Mode: string(s.Mode), Healthy: s.Healthy, Message: s.Message, Keys: s.Keys, Bytes: s.Bytes}
	if s.Healthy && s.Mode == store.Embedded {
		out.Message = ""
	}
	return out
}

func bgpOf(s agent.BGPStatus) api.BGPStatus {
	out := api.BGPStatus{ASN: s.ASN, RouterID: s.RouterID}
	for _, session := range s.Sessions {
		out.Sessions = append(out.Sessions, api.BGPSession{
			Peer: session.Peer, ASN: session.ASN, Established: session.Established, Since: session.Since,
			Message: session.Problem, Announced: append([]netip.Prefix{}, session.Announced...),
		})
	}
	return out
}

func featuresOf(known datapath.Features) (features []api.Feature) {
	for _, f := range known {
		features = append(features, api.Feature{Name: f.Name, Found: f.Found, Since: f.Since, Required: f.Required, Use: f.Use})
	}
	return features
}

func mapsOf(fill []datapath.MapFill) (maps []api.MapFill) {
	for _, m := range fill {
		maps = append(maps, api.MapFill{Name: m.Name, Entries: uint64(m.Entries), Max: uint64(m.Max), Bytes: m.Bytes})
	}
	return maps
}

// dropsOf keeps the verdicts that drop.
func dropsOf(counts []datapath.VerdictCount) (drops []api.DropCount) {
	dropping := monitor.Drops()
	for _, c := range counts {
		if slices.Contains(dropping, c.Verdict) {
			drops = append(drops, api.DropCount{
				Reason: monitor.Reason(c.Verdict), Traffic: api.Traffic{Packets: c.Packets, Bytes: c.Bytes},
			})
		}
	}
	return drops
}
