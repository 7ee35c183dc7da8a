// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

func (a *app) policyCommand() *cobra.Command {
	return group("policy", "Say who may talk to whom",
		a.policyApply(), a.policyGet(), a.policyDelete(), a.policyValidate(), a.policyHistory(), a.policyRollback(),
		a.policyExplain(), a.policySuggest(), a.policyVerify())
}

func (a *app) policyApply() *cobra.Command {
	var files []string
	var dryRun bool
	var wait waiting
	c := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Create or replace the policies in files, all of them or none",
		Long: "Create or replace the policies in files, all of them or none, as one revision.\n\n" +
			"A file holds documents of kind Policy, or NetworkPolicies of Kubernetes.",
		Example: "  hypha policy apply -f shop.yaml\n" +
			"  hypha policy apply -f shop.yaml -f db.yaml --dry-run\n" +
			"  hypha policy apply -f shop.yaml --wait\n" +
			"  hypha policy get | sed s/8080/80/ | hypha policy apply -f -",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			policies, err := a.readPolicies(files)
			if err != nil {
				return err
			}
			change, err := a.client().ApplyPolicies(ctx, api.PolicyApply{Files: policies, DryRun: dryRun})
			return a.policyChangedAll(ctx, wait, change, err)
		}),
	}
	fileFlag(c, &files)
	require(c, "file")
	dryRunFlag(c, &dryRun)
	waitFlags(c, &wait)
	return c
}

func dryRunFlag(c *cobra.Command, dryRun *bool) {
	c.Flags().BoolVar(dryRun, "dry-run", false, "change nothing; show which verdicts would change and which flows would be cut")
}

func (a *app) policyDelete() *cobra.Command {
	var dryRun bool
	var wait waiting
	c := &cobra.Command{
		Use:               "delete NAME",
		Short:             "Take a policy out of force",
		Args:              needs("NAME"),
		ValidArgsFunction: a.completePolicy,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if dryRun {
				return a.policyChanged(a.client().PlanDeletePolicy(ctx, args[0]))
			}
			change, err := a.client().DeletePolicy(ctx, args[0])
			return a.policyChangedAll(ctx, wait, change, err)
		}),
	}
	dryRunFlag(c, &dryRun)
	waitFlags(c, &wait)
	return c
}
