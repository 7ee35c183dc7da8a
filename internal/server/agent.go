// SPDX-License-Identifier: Apache-2.0

// Package server is the agent's HTTP API on its unix socket: it turns requests
// into calls of an Agent and what they return into package api's wire types.
package server

import (
	"context"
	"io"
	"iter"

	"github.com/hypha-net/hypha/api"
)

// Agent is what the server needs: one interface a noun. Methods may be called
// concurrently; slices are the caller's to keep but not to change. An error
// that is the request's fault wraps one of the sentinels of this package.
type Agent interface {
	Endpoints
	Policies
	Advisor
	Events
	Statistics
	Observer
	Meter
	Nodes
	Exporter
}

// Exporter has the cluster's store.
type Exporter interface {
	// ExportStore writes all of it, as it is at one moment.
	ExportStore(ctx context.Context, w io.Writer) error
}

// Endpoints are the containers attached to this node. ErrNotFound: no endpoint
// has that name.
type Endpoints interface {
	Endpoints(ctx context.Context) ([]api.Endpoint, error)
	// Endpoint has at most rows rows of each policy table; 0 means all.
	Endpoint(ctx context.Context, name string, rows int) (api.Endpoint, error)
	// AddEndpoint returns when the endpoint may talk. ErrConflict: the name is taken.
	AddEndpoint(ctx context.Context, spec api.EndpointSpec) (api.Endpoint, error)
	RelabelEndpoint(ctx context.Context, name string, labels map[string]string) (api.Endpoint, error)
	TraceEndpoint(ctx context.Context, name string, on bool) (api.Endpoint, error)
	// RegenerateEndpoint makes its programs anew. Connections live on.
	RegenerateEndpoint(ctx context.Context, name string) (api.Endpoint, error)
	DeleteEndpoint(ctx context.Context, name string) error
}

// Policies are the rules of the whole cluster. A change is one transaction, all
// or nothing, and one revision; dry, it changes nothing and has a Plan.
type Policies interface {
	// Policies are those in force, or, if revision is not 0, those that were in
	// force then. ErrNotFound: that revision is not kept.
	Policies(ctx context.Context, revision uint64) (api.PolicySet, error)
	ApplyPolicies(ctx context.Context, apply api.PolicyApply) (api.PolicyChange, error)
	// DeletePolicy: ErrNotFound if no policy has that name.
	DeletePolicy(ctx context.Context, name string, dryRun bool) (api.PolicyChange, error)
	// PolicyHistory is the last limit changes that are kept, the newest first; 0 means all.
	PolicyHistory(ctx context.Context, limit int) ([]api.PolicyRevision, error)
	// RollBackPolicies: ErrNotFound if the revision is not kept.
	RollBackPolicies(ctx context.Context, rollback api.PolicyRollback) (api.PolicyChange, error)
	// AwaitPolicies returns when every node enforces a revision, or ctx ends, which is no error.
	AwaitPolicies(ctx context.Context, revision uint64) (api.Enforcement, error)
}

// Advisor says what policies do, and what other ones would do. It changes nothing.
type Advisor interface {
	Explain(ctx context.Context, request api.ExplainRequest) (api.Explanation, error)
	// Suggest: ErrNotFound if it is to be about an endpoint that nobody has.
	Suggest(ctx context.Context, request api.SuggestRequest) (api.PolicySuggestion, error)
	// Verify: ErrNotFound if a policy that is to be deleted is not there.
	Verify(ctx context.Context, request api.VerifyRequest) (api.Verification, error)
}

// Events is what the datapath did with packets.
type Events interface {
	// Events are the last query.Last ones that query chooses, oldest first,
	// and, unless query.NoFollow, each that happens from now on, until ctx ends.
	// Those that come at once are together: lines of JSON, an api.Event each, which
	// are the caller's until it asks for more. A reader that is too slow loses
	// some, and is told how many. ErrNotFound: no endpoint has the name.
	Events(ctx context.Context, query api.EventQuery) (iter.Seq[[]byte], error)
}

// Statistics are counters that only grow, in a stable order. (Flows to a provider that nobody knows go over to it when it answers.)
type Statistics interface {
	PairStats(ctx context.Context) ([]api.PairStats, error)
	RuleStats(ctx context.Context) ([]api.RuleStats, error)
	EndpointStats(ctx context.Context) ([]api.EndpointStats, error)
}

// Meter reads all that metrics are made of once.
type Meter interface {
	// Measure is Status and RuleStats at one moment.
	Measure(ctx context.Context) (api.Status, []api.RuleStats, error)
}

// Nodes are the machines of the cluster.
type Nodes interface {
	Nodes(ctx context.Context) ([]api.Node, error)
	// DeleteNode: ErrNotFound if no node has that name, ErrConflict if it is there.
	DeleteNode(ctx context.Context, name string) error
}

// Observer is the state of this node and its view of the cluster.
type Observer interface {
	Status(ctx context.Context) (api.Status, error)
	Identities(ctx context.Context) ([]api.Identity, error)
	// Conntrack returns at most limit flows; 0 means all.
	Conntrack(ctx context.Context, limit int) (api.Conntrack, error)
}
