// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/internal/kubernetes"
	"github.com/hypha-net/hypha/internal/policy"
)

func (a *app) policyValidate() *cobra.Command {
	var files []string
	c := &cobra.Command{
		Use:   "validate -f FILE",
		Short: "Check files of policies; needs no agent",
		Long: "Check files of policies; needs no agent.\n\n" +
			"What only an agent knows, apply checks: the cluster's own prefixes, and room in the kernel.",
		Example: "  hypha policy validate -f shop.yaml",
		Args:    cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			given, err := a.readPolicies(files)
			if err != nil {
				return err
			}
			var policies []policy.Policy
			for _, file := range given {
				all, warnings, err := kubernetes.ReadFile(file.Source, []byte(file.Text))
				if err != nil {
					return err
				}
				for _, w := range warnings {
					a.warn([]string{w.String()})
				}
				for _, read := range all {
					policies = append(policies, read.Policy)
				}
			}
			sum := summarise(policies)
			return a.emit(sum, func(p *page) {
				p.linef("%s is valid: %s, %s", strings.Join(files, ", "),
					countText(len(sum.Policies), "policy", "policies"), countText(sum.Rules, "rule", "rules"))
			})
		}),
	}
	fileFlag(c, &files)
	require(c, "file")
	return c
}

// summary is what a valid file holds.
type summary struct {
	Policies []string `json:"policies"`
	Rules    int      `json:"rules"`
}

func summarise(policies []policy.Policy) (sum summary) {
	for _, p := range policies {
		sum.Policies = append(sum.Policies, p.Name)
		sum.Rules += len(p.Rules)
	}
	return sum
}
