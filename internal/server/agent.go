// SPDX-License-Identifier: Apache-2.0

// Package server is the agent's HTTP API on its unix socket: it turns requests
// into calls of an Agent and what they return into package api's wire types.
package server

import (
	"context"
	"iter"

	"github.com/hypha-net/hypha/api"
)

// Agent is what the server needs: one interface a noun. Methods may be called
// concurrently; slices are the caller's to keep but not to change. An error
// that is the request's fault wraps one of the sentinels of this package.
type Agent interface {
	Endpoints
	Policies
	Events
	Observer
}

// Endpoints are the containers attached to this node. ErrNotFound: no endpoint
// has that name.
type Endpoints interface {
	Endpoints(ctx context.Context) ([]api.Endpoint, error)
	Endpoint(ctx context.Context, name string) (api.Endpoint, error)
	// AddEndpoint returns when the endpoint may talk. ErrConflict: the name is taken.
	AddEndpoint(ctx context.Context, spec api.EndpointSpec) (api.Endpoint, error)
	RelabelEndpoint(ctx context.Context, name string, labels map[string]string) (api.Endpoint, error)
	TraceEndpoint(ctx context.Context, name string, on bool) (api.Endpoint, error)
	// RegenerateEndpoint makes its programs anew. Connections live on.
	RegenerateEndpoint(ctx context.Context, name string) (api.Endpoint, error)
	DeleteEndpoint(ctx context.Context, name string) error
}

// Policies are the rules of the whole cluster.
type Policies interface {
	Policies(ctx context.Context) (api.PolicySet, error)
	// ApplyPolicies takes a YAML document, called source in errors, all or nothing.
	ApplyPolicies(ctx context.Context, source string, document []byte) (api.PolicyChange, error)
	DeletePolicy(ctx context.Context, name string) (api.PolicyChange, error)
	Explain(ctx context.Context, request api.ExplainRequest) (api.Explanation, error)
}

// Events is what the datapath did with packets.
type Events interface {
	// Events are the last query.Last ones that query chooses, oldest first,
	// and, unless query.NoFollow, each that happens from now on, until ctx ends.
	// With each it says whether another one waits already. A reader that is too
	// slow loses some, and is told how many. ErrNotFound: no endpoint has the name.
	Events(ctx context.Context, query api.EventQuery) (iter.Seq2[api.Event, bool], error)
}

// Observer is the state of this node and its view of the cluster.
type Observer interface {
	Status(ctx context.Context) (api.Status, error)
	Stats(ctx context.Context) ([]api.PairStats, error)
	Identities(ctx context.Context) ([]api.Identity, error)
	Nodes(ctx context.Context) ([]api.Node, error)
	// Conntrack returns at most limit flows; 0 means all.
	Conntrack(ctx context.Context, limit int) (api.Conntrack, error)
}
