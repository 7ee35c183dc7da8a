// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/yaml"
)

// In which form a policy that was translated is shown.
const (
	asWritten = "written"
	asHypha   = "hypha"
)

func (a *app) policyGet() *cobra.Command {
	var revision uint64
	var as string
	c := &cobra.Command{
		Use:   "get [NAME]",
		Short: "Print policies as they can be applied again",
		Long: "Print policies as they can be applied again; with -o json also the revision.\n\n" +
			"A NetworkPolicy of Kubernetes is printed as it was applied; --as hypha prints its translation.",
		Example: "  hypha policy get shop\n" +
			"  hypha policy get --revision 7 | diff - shop.yaml",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completePolicy,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if len(args) == 1 {
				one, err := a.policyAt(ctx, args[0], revision)
				if err != nil {
					return err
				}
				return a.emitPolicies(document(one, as), []api.Policy{one}, as)
			}
			set, err := a.policiesAt(ctx, revision)
			if err != nil {
				return err
			}
			return a.emitPolicies(set, set.Policies, as)
		}),
	}
	c.Flags().Var(revisionNumber(&revision), "revision", "the policies of then, not of now (see hypha policy history)")
	c.Flags().Var(choice(&as, asWritten, asWritten, asHypha), "as", "a NetworkPolicy as it was written, or as what it means here")
	complete(c, "as", words(asWritten, asHypha))
	complete(c, "revision", a.completeRevision)
	return c
}

// document is the policy in one of these forms, as JSON.
func document(policy api.Policy, as string) json.RawMessage {
	if as == asWritten && len(policy.Source) > 0 {
		return policy.Source
	}
	return policy.Document
}

// policiesAt returns the policies of a revision; 0 is now.
func (a *app) policiesAt(ctx context.Context, revision uint64) (api.PolicySet, error) {
	if revision == 0 {
		return a.client().Policies(ctx)
	}
	return a.client().PoliciesAt(ctx, revision)
}

func (a *app) policyAt(ctx context.Context, name string, revision uint64) (api.Policy, error) {
	if revision == 0 {
		return a.client().Policy(ctx, name)
	}
	return a.client().PolicyAt(ctx, name, revision)
}

// emitPolicies prints value as JSON, or policies as YAML documents, which is
// their text.
func (a *app) emitPolicies(value any, policies []api.Policy, as string) error {
	if a.format == formatJSON {
		return a.emit(value, nil)
	}
	var documents []string
	for _, policy := range policies {
		text, err := yaml.FromJSON(document(policy, as))
		if err != nil {
			return err
		}
		documents = append(documents, string(text))
	}
	return a.print(func(p *page) { p.WriteString(strings.Join(documents, "---\n")) })
}
