// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

// A completer offers words that may stand where the cursor is.
type completer = func(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completeEndpoint offers the names of endpoints; none if there is no agent.
func (a *app) completeEndpoint(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	a.locate(c)
	endpoints, err := a.client().Endpoints(c.Context())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, e := range endpoints {
		names = append(names, e.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completePolicy offers the names of policies; none if there is no agent.
func (a *app) completePolicy(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	a.locate(c)
	set, err := a.client().Policies(c.Context())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, p := range set.Policies {
		names = append(names, p.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeNode offers the names of nodes that are gone.
func (a *app) completeNode(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	a.locate(c)
	nodes, err := a.client().Nodes(c.Context())
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, n := range nodes {
		if n.State == api.NodeGone {
			names = append(names, n.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeRevision offers the revisions of the policies that are kept.
func (a *app) completeRevision(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	a.locate(c)
	changes, err := a.client().PolicyHistory(c.Context(), 0)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var numbers []string
	for _, change := range changes {
		numbers = append(numbers, strconv.FormatUint(change.Revision, 10))
	}
	return numbers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// words offers the same words always.
func words(list ...string) completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// complete sets what a flag's value is completed with, whatever the arguments are.
func complete(c *cobra.Command, flag string, with completer) {
	alone := func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return with(c, nil, typed)
	}
	if err := c.RegisterFlagCompletionFunc(flag, alone); err != nil {
		panic(err) // the flag is not defined: a mistake in this package
	}
}
