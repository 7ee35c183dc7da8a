// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/hypha-net/hypha/api"
)

func (a *app) policyCommand() *cobra.Command {
	return group("policy", "Say who may talk to whom",
		a.policyApply(), a.policyGet(), a.policyDelete(), a.policyValidate(), a.policyExplain())
}

func (a *app) policyApply() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:     "apply -f FILE",
		Short:   "Create or replace the policies in a file, all of them or none",
		Example: "  hypha policy apply -f shop.yaml\n  hypha policy get | sed s/8080/80/ | hypha policy apply -f -",
		Args:    cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			document, source, err := a.read(file)
			if err != nil {
				return err
			}
			return a.policyChanged(a.client().ApplyPolicies(ctx, api.PolicyApply{Files: []api.PolicyFile{{Source: source, Text: string(document)}}}))
		}),
	}
	fileFlag(c, &file)
	return c
}

func (a *app) policyDelete() *cobra.Command {
	return &cobra.Command{
		Use:               "delete NAME",
		Short:             "Take a policy out of force",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completePolicy,
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.policyChanged(a.client().DeletePolicy(ctx, args[0]))
		}),
	}
}

// policyChanged prints what a call changed.
func (a *app) policyChanged(change api.PolicyChange, err error) error {
	if err != nil {
		return err
	}
	return a.emit(change, func(p *page) {
		var done []string
		for _, part := range []struct {
			verb  string
			names []string
		}{
			{"created", change.Created}, {"updated", change.Updated},
			{"deleted", change.Deleted}, {"unchanged", change.Unchanged},
		} {
			if len(part.names) > 0 {
				done = append(done, part.verb+" "+strings.Join(part.names, ", "))
			}
		}
		p.linef("revision %d: %s", change.Revision, clean(strings.Join(done, "; ")))
	})
}

func (a *app) policyGet() *cobra.Command {
	return &cobra.Command{
		Use:               "get [NAME]",
		Short:             "Print policies as they can be applied again",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completePolicy,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if len(args) == 1 {
				one, err := a.client().Policy(ctx, args[0])
				if err != nil {
					return err
				}
				return a.emitPolicies(one.Document, []api.Policy{one})
			}
			set, err := a.client().Policies(ctx)
			if err != nil {
				return err
			}
			return a.emitPolicies(set, set.Policies)
		}),
	}
}

// emitPolicies prints value as JSON, or policies as YAML documents.
func (a *app) emitPolicies(value any, policies []api.Policy) error {
	var documents []string
	for _, policy := range policies {
		document, err := yaml.JSONToYAML(policy.Document)
		if err != nil {
			return err
		}
		documents = append(documents, string(document))
	}
	return a.emit(value, func(p *page) { p.WriteString(strings.Join(documents, "---\n")) })
}
