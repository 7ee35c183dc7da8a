// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/monitor"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// EndpointState is an endpoint, and what the kernel has of it.
type EndpointState struct {
	endpoint.Endpoint
	Identifying labels.Set // the labels that make its identity
	Report      datapath.Report
	Loaded      bool               // Report is there
	Revision    uint64             // of the policies that it enforces
	Audit       bool               // nothing is enforced, all is reported
	Size        datapath.TableSize // of its identity's tables

	// Only what a rule allows passes: towards the endpoint, and from it.
	ClosedIngress, ClosedEgress bool
}

// Endpoints returns all endpoints in order of ID, without what the kernel has of them: that takes system calls for each.
func (a *Agent) Endpoints() []EndpointState {
	set := a.endpoints.snapshot()
	all := make([]EndpointState, 0, len(set.byID))
	for _, e := range set.byID {
		all = append(all, a.described(e))
	}
	slices.SortFunc(all, func(a, b EndpointState) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// Endpoint returns the endpoint of a name. ErrNoEndpoint if there is none.
func (a *Agent) Endpoint(name string) (EndpointState, error) {
	e, err := a.endpoints.snapshot().named(name)
	return a.stateOf(e), err
}

// EndpointNames returns the names of all endpoints.
func (a *Agent) EndpointNames() map[endpoint.ID]string {
	names := map[endpoint.ID]string{}
	for id, e := range a.endpoints.snapshot().byID {
		names[id] = e.Name
	}
	return names
}

func (a *Agent) described(e endpoint.Endpoint) EndpointState {
	state := EndpointState{Endpoint: e}
	if e.Labels != nil {
		state.Identifying = a.filter.Apply(e.Labels)
	}
	return state
}

func (a *Agent) stateOf(e endpoint.Endpoint) EndpointState {
	state := a.described(e)
	state.Report, state.Loaded = a.datapath.Report(e.ID)
	view := a.view.Load()
	state.Audit = a.config.Enforce == policy.Audit
	if state.Loaded {
		state.Size, _ = a.datapath.TableSize(e.Identity)
		state.Revision = max(view.rules.Revision(), state.Report.Revision)
	}
	state.ClosedIngress, state.ClosedEgress = view.rules.Closes(view.peer(e.Identity))
	return state
}

// Identity is a number with its meaning.
type Identity struct {
	Number    identity.Number
	Labels    labels.Set   // of a label set
	Prefix    netip.Prefix // of a CIDR
	Endpoints int          // of this node that have it
}

// Identities returns all identities known, in order.
func (a *Agent) Identities() []Identity {
	count := map[identity.Number]int{}
	for _, e := range a.endpoints.snapshot().byID {
		count[e.Identity]++
	}
	var all []Identity
	for _, number := range []identity.Number{identity.Host, identity.World, identity.RemoteNode, identity.Init, identity.Health} {
		all = append(all, Identity{Number: number, Endpoints: count[number]})
	}
	known := slices.SortedFunc(a.view.Load().peers(), func(a, b policy.Peer) int { return cmp.Compare(a.ID, b.ID) })
	for _, peer := range known {
		all = append(all, Identity{peer.ID, peer.Labels, peer.Prefix, count[peer.ID]})
	}
	return all
}

// Identity returns the meaning of a number, as far as it is known here. A prefix that no rule names any more has one, too:
// it stands in statistics.
func (a *Agent) Identity(number identity.Number) Identity {
	peer := a.view.Load().peer(number)
	if number.IsCIDR() && !peer.Prefix.IsValid() {
		peer.Prefix = a.prefixes.prefix(number)
	}
	return Identity{Number: number, Labels: peer.Labels, Prefix: peer.Prefix}
}

// Node returns this node.
func (a *Agent) Node() Node { return a.node }

// Flows calls each for every live flow until it returns false.
func (a *Agent) Flows(each func(datapath.Flow) bool) error { return a.datapath.Flows(each) }

// Monitor is where events are.
func (a *Agent) Monitor() *monitor.Monitor { return a.monitor }

// Status is how the node is.
type Status struct {
	Version   string
	Started   time.Time
	Node      Node
	Problems  []string
	Features  datapath.Features
	Store     store.Status
	Docker    docker.Status
	Revision  uint64 // of the policies in force
	Policies  int
	Rules     int
	Enforce   policy.Mode
	Nodes     map[NodePhase]int
	Silent    []string // nodes that do not answer
	BGP       BGPStatus
	Endpoints map[endpoint.State]int
	Maps      []datapath.MapFill
	MapBytes  uint64 // of kernel memory that all maps take, these and others
	Verdicts  []datapath.VerdictCount
	Traffic   Traffic             // of all pairs together
	Decided   map[RuleKey]Traffic // by each rule
	Tables    []datapath.TableSize
	Events    monitor.Counts
	Lost      uint64 // events that found no room in the ring buffer
}

// Status asks all parts. What can not be read is a problem in it, not an error.
func (a *Agent) Status(ctx context.Context) Status {
	rules := a.view.Load().rules
	s := Status{
		Version: a.config.Version, Started: a.started, Node: a.node, Features: a.features,
		Store: a.store.Status(ctx), Docker: a.docker.Status(), Revision: rules.Revision(),
		Policies: len(rules.Policies()), Enforce: a.config.Enforce, Endpoints: map[endpoint.State]int{},
		Events: a.monitor.Counts(),
	}
	for _, p := range rules.Policies() {
		s.Rules += len(p.Rules)
	}
	for _, e := range a.endpoints.snapshot().byID {
		s.Endpoints[e.State]++
	}
	s.Nodes, s.Silent = a.countNodes()
	s.BGP = a.bgpStatus()
	err := a.readKernel(&s)
	s.Problems = append(a.problems.list(), problemsOf(s)...)
	if err != nil {
		s.Problems = append(s.Problems, "reading the kernel's state: "+err.Error())
	}
	return s
}

func (a *Agent) readKernel(s *Status) error {
	var errs [4]error
	s.Maps, errs[0] = a.datapath.Fill()
	s.Verdicts, errs[1] = a.datapath.Verdicts()
	s.Lost, errs[2] = a.datapath.LostEvents()
	s.Tables = a.datapath.TableSizes()
	s.MapBytes = a.datapath.SharedMemory()
	for _, table := range s.Tables {
		s.MapBytes += table.Bytes
	}
	statistics, err := a.Statistics()
	errs[3] = err
	for _, t := range statistics.Pairs {
		s.Traffic = s.Traffic.plus(t)
	}
	s.Decided = statistics.Rules
	return errors.Join(errs[:]...)
}

// problemsOf are the lines that the figures themselves give reason for.
func problemsOf(s Status) (lines []string) {
	if !s.Store.Healthy {
		lines = append(lines, "store: "+s.Store.Message)
	}
	if len(s.Silent) > 0 {
		lines = append(lines, "nodes do not answer: "+firstOf(s.Silent)+": see hypha node list")
	}
	lines = append(lines, s.BGP.problems()...)
	if n := s.Endpoints[endpoint.Failed]; n > 0 {
		lines = append(lines, fmt.Sprintf("%d endpoints failed: see hypha endpoint list", n))
	}
	for _, m := range s.Maps {
		// The flows in overflow replace each other: that table is meant to be full.
		if m.Name != "overflow" && uint64(m.Entries)*10 >= uint64(m.Max)*9 {
			lines = append(lines, fmt.Sprintf("table %s is nearly full: %d of %d entries", m.Name, m.Entries, m.Max))
		}
	}
	return lines
}
