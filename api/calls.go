// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
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

// Endpoint returns one endpoint, with its policy and programs.
func (c *Client) Endpoint(ctx context.Context, name string) (Endpoint, error) {
	return call[Endpoint](ctx, c, http.MethodGet, endpointPath(name), nil)
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

// Policies returns every policy in force.
func (c *Client) Policies(ctx context.Context) (PolicySet, error) {
	return call[PolicySet](ctx, c, http.MethodGet, "/v1/policies", nil)
}

// Policy returns one policy.
func (c *Client) Policy(ctx context.Context, name string) (Policy, error) {
	return call[Policy](ctx, c, http.MethodGet, "/v1/policies/"+url.PathEscape(name), nil)
}

// ApplyPolicies creates or replaces the policies in document, which is YAML;
// all of them or, on error, none. Source names the document in errors.
func (c *Client) ApplyPolicies(ctx context.Context, source string, document []byte) (PolicyChange, error) {
	if len(document) > MaxBody {
		return PolicyChange{}, fmt.Errorf("%s is larger than %d MiB", source, MaxBody>>20)
	}
	path := "/v1/policies?" + url.Values{"source": {source}}.Encode()
	return send[PolicyChange](ctx, c, http.MethodPost, path, "application/yaml", document)
}

// DeletePolicy takes one policy out of force.
func (c *Client) DeletePolicy(ctx context.Context, name string) (PolicyChange, error) {
	return call[PolicyChange](ctx, c, http.MethodDelete, "/v1/policies/"+url.PathEscape(name), nil)
}

// Explain says whether one party may talk to another, and why.
func (c *Client) Explain(ctx context.Context, request ExplainRequest) (Explanation, error) {
	return call[Explanation](ctx, c, http.MethodPost, "/v1/explain", request)
}

// Stats returns the counters of every pair of identities that met.
func (c *Client) Stats(ctx context.Context) ([]PairStats, error) {
	return call[[]PairStats](ctx, c, http.MethodGet, "/v1/stats", nil)
}

// Identities returns the identities that this node knows, sorted by number.
func (c *Client) Identities(ctx context.Context) ([]Identity, error) {
	return call[[]Identity](ctx, c, http.MethodGet, "/v1/identities", nil)
}

// Nodes returns the nodes of the cluster, sorted by number.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	return call[[]Node](ctx, c, http.MethodGet, "/v1/nodes", nil)
}

// Conntrack returns at most limit flows; 0 means all.
func (c *Client) Conntrack(ctx context.Context, limit int) (Conntrack, error) {
	return call[Conntrack](ctx, c, http.MethodGet, "/v1/conntrack?limit="+strconv.Itoa(limit), nil)
}

func endpointPath(name string) string { return "/v1/endpoints/" + url.PathEscape(name) }
