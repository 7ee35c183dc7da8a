// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"

	"github.com/hypha-net/hypha/api"
)

// Suggest implements Agent.
func (n *Node) Suggest(context.Context, api.SuggestRequest) (api.PolicySuggestion, error) {
	return api.PolicySuggestion{}, errNotBuilt
}

// Verify implements Agent.
func (n *Node) Verify(context.Context, api.VerifyRequest) (api.Verification, error) {
	return api.Verification{}, errNotBuilt
}
