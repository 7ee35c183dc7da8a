// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Policies returns every policy in force.
func (c *Client) Policies(ctx context.Context) (PolicySet, error) {
	return call[PolicySet](ctx, c, http.MethodGet, "/v1/policies", nil)
}

// PoliciesAt returns every policy that was in force at a revision that is kept.
func (c *Client) PoliciesAt(ctx context.Context, revision uint64) (PolicySet, error) {
	return call[PolicySet](ctx, c, http.MethodGet, "/v1/policies"+atRevision(revision), nil)
}

// Policy returns one policy.
func (c *Client) Policy(ctx context.Context, name string) (Policy, error) {
	return call[Policy](ctx, c, http.MethodGet, policyPath(name), nil)
}

// PolicyAt returns one policy as it was at a revision that is kept.
func (c *Client) PolicyAt(ctx context.Context, name string, revision uint64) (Policy, error) {
	return call[Policy](ctx, c, http.MethodGet, policyPath(name)+atRevision(revision), nil)
}

// ApplyPolicies creates or replaces the policies in some files, all of them or,
// on error, none; or, as a dry run, says what that would change.
func (c *Client) ApplyPolicies(ctx context.Context, apply PolicyApply) (PolicyChange, error) {
	return call[PolicyChange](ctx, c, http.MethodPost, "/v1/policies", apply)
}

// DeletePolicy takes one policy out of force.
func (c *Client) DeletePolicy(ctx context.Context, name string) (PolicyChange, error) {
	return call[PolicyChange](ctx, c, http.MethodDelete, policyPath(name), nil)
}

// PlanDeletePolicy says what it would change to take one policy out of force.
func (c *Client) PlanDeletePolicy(ctx context.Context, name string) (PolicyChange, error) {
	return call[PolicyChange](ctx, c, http.MethodDelete, policyPath(name)+"?dry-run=true", nil)
}

// PolicyHistory returns the changes of the policies that are kept, the newest
// first, at most limit; 0 means all.
func (c *Client) PolicyHistory(ctx context.Context, limit int) ([]PolicyRevision, error) {
	return call[[]PolicyRevision](ctx, c, http.MethodGet, "/v1/history?limit="+strconv.Itoa(limit), nil)
}

// RollBackPolicies brings the policies of a revision that is kept into force
// again; or, as a dry run, says what that would change.
func (c *Client) RollBackPolicies(ctx context.Context, rollback PolicyRollback) (PolicyChange, error) {
	return call[PolicyChange](ctx, c, http.MethodPost, "/v1/rollback", rollback)
}

// Explain says whether one party may talk to another, and why.
func (c *Client) Explain(ctx context.Context, request ExplainRequest) (Explanation, error) {
	return call[Explanation](ctx, c, http.MethodPost, "/v1/explain", request)
}

// Suggest writes the least policy that allows what was denied by default.
func (c *Client) Suggest(ctx context.Context, request SuggestRequest) (PolicySuggestion, error) {
	return call[PolicySuggestion](ctx, c, http.MethodPost, "/v1/suggest", request)
}

// Verify says what a change of the policies would have meant for recorded flows.
func (c *Client) Verify(ctx context.Context, request VerifyRequest) (Verification, error) {
	return call[Verification](ctx, c, http.MethodPost, "/v1/verify", request)
}

func policyPath(name string) string { return "/v1/policies/" + url.PathEscape(name) }

func atRevision(revision uint64) string { return "?revision=" + strconv.FormatUint(revision, 10) }
