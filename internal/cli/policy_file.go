// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/policy"
)

func fileFlag(c *cobra.Command, file *string) {
	c.Flags().StringVarP(file, "file", "f", "", "YAML `FILE`; - is the standard input")
	require(c, "file")
}

// read reads file, or standard input for "-", and returns what errors call it.
func (a *app) read(file string) (content []byte, source string, err error) {
	in, source := a.in, "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, file, err
		}
		defer f.Close()
		in, source = f, file
	}
	content, err = io.ReadAll(io.LimitReader(in, api.MaxBody+1))
	if err != nil {
		return nil, source, fmt.Errorf("reading %s: %w", source, err)
	}
	return content, source, nil
}

func (a *app) policyValidate() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:     "validate -f FILE",
		Short:   "Check a file of policies; needs no agent",
		Example: "  hypha policy validate -f shop.yaml",
		Args:    cobra.NoArgs,
		RunE: a.run(func(_ context.Context, _ []string) error {
			content, source, err := a.read(file)
			if err != nil {
				return err
			}
			policies, err := policy.Parse(source, content)
			if err != nil {
				return err
			}
			return a.emit(summarise(policies), func(p *page) {
				sum := summarise(policies)
				p.linef("%s is valid: %s, %s", source, countText(len(sum.Policies), "policy", "policies"), countText(sum.Rules, "rule", "rules"))
			})
		}),
	}
	fileFlag(c, &file)
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
