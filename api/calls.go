// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Status returns the state of the agent and its node.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, http.MethodGet, "/v1/status", nil)
}

// Endpoints returns all endpoints of the node, sorted by name.
func (c *Client) Endpoints(ctx context.Context) ([]Endpoint, error) {
	return call[[]Endpoint](ctx, c, http.MethodGet, "/v1/endpoints", nil)
}

// Endpoint returns one endpoint, with its policy and programs, and DefaultRows
// rows of each policy table.
func (c *Client) Endpoint(ctx context.Context, name string) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodGet, endpointPath(name), nil)
}

// EndpointRows is Endpoint with that many rows of each policy table; 0 means all.
func (c *Client) EndpointRows(ctx context.Context, name string, rows int) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodGet, endpointPath(name)+"?rows="+strconv.Itoa(rows), nil)
}

// AddEndpoint attaches a network namespace and returns when it may talk.
func (c *Client) AddEndpoint(ctx context.Context, spec EndpointSpec) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, "/v1/endpoints", spec)
}

// RelabelEndpoint replaces all labels of an endpoint.
func (c *Client) RelabelEndpoint(ctx context.Context, name string, labels map[string]string) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPut, endpointPath(name)+"/labels", Labels{labels})
}

// TraceEndpoint switches trace events of an endpoint on or off.
func (c *Client) TraceEndpoint(ctx context.Context, name string, on bool) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPut, endpointPath(name)+"/trace", Trace{on})
}

// RegenerateEndpoint makes an endpoint's programs anew. Connections live on.
func (c *Client) RegenerateEndpoint(ctx context.Context, name string) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodPost, endpointPath(name)+"/regenerate", nil)
}

// DeleteEndpoint detaches a network namespace.
func (c *Client) DeleteEndpoint(ctx context.Context, name string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, endpointPath(name), nil)
	return err
}

// PairStats returns the counters of every pair of identities that met.
func (c *Client) PairStats(ctx context.Context) ([]PairStats, error) {
	return call[[]PairStats](ctx, c, http.MethodGet, "/v1/stats?by="+StatsByPair, nil)
}

// RuleStats returns the counters of every rule that decided anything.
func (c *Client) RuleStats(ctx context.Context) ([]RuleStats, error) {
	return call[[]RuleStats](ctx, c, http.MethodGet, "/v1/stats?by="+StatsByRule, nil)
}

// EndpointStats returns the counters of every endpoint of the node.
func (c *Client) EndpointStats(ctx context.Context) ([]EndpointStats, error) {
	return call[[]EndpointStats](ctx, c, http.MethodGet, "/v1/stats?by="+StatsByEndpoint, nil)
}

// Identities returns the identities that this node knows, sorted by number.
func (c *Client) Identities(ctx context.Context) ([]Identity, error) {
	return call[[]Identity](ctx, c, http.MethodGet, "/v1/identities", nil)
}

// Nodes returns the nodes of the cluster, sorted by number.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	return call[[]Node](ctx, c, http.MethodGet, "/v1/nodes", nil)
}

// DeleteNode gives up the name and the number of a node that is gone.
func (c *Client) DeleteNode(ctx context.Context, name string) error {
	_, err := call[struct{}](ctx, c, http.MethodDelete, "/v1/nodes/"+url.PathEscape(name), nil)
	return err
}

// AwaitPolicies waits until every node enforces a revision of the policies, or
// for that many seconds, and says how far it has come.
func (c *Client) AwaitPolicies(ctx context.Context, revision uint64, seconds int) (Enforcement, error) {
	return call[Enforcement](ctx, c, http.MethodGet, "/v1/enforcement"+atRevision(revision)+"&seconds="+strconv.Itoa(seconds), nil)
}

// Conntrack returns at most limit flows; 0 means all.
func (c *Client) Conntrack(ctx context.Context, limit int) (Conntrack, error) {
	return call[Conntrack](ctx, c, http.MethodGet, "/v1/conntrack?limit="+strconv.Itoa(limit), nil)
}

func endpointPath(name string) string { return "/v1/endpoints/" + url.PathEscape(name) }
