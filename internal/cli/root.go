// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

const socketVariable = "HYPHA_SOCKET"

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "hypha",
		Short: "Connect containers, and decide which of them may talk",
		Long: "Hypha gives every container a global IPv6 address and enforces policies about\n" +
			"labels in the kernel, with a program made for that one container.",
		Example: "  hypha status                      is this node well?\n" +
			"  hypha monitor --type drop         what is dropped, as it happens\n" +
			"  hypha policy apply -f shop.yaml   change who may talk to whom",
		Version:          a.deps.Version,
		Args:             cobra.NoArgs,
		RunE:             func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRun: func(c *cobra.Command, _ []string) { a.locate(c) },
		SilenceErrors:    true,
		SilenceUsage:     true,
	}
	root.PersistentFlags().StringVar(&a.socket, "socket", api.DefaultSocket, "`PATH` of the agent's socket, or $"+socketVariable)
	root.PersistentFlags().VarP(choice(&a.format, formatText, formatText, formatJSON, formatYAML), "output", "o", "how to print the answer")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errors.New(withoutUser(err.Error())) })
	root.SetVersionTemplate("hypha {{.Version}}\n")
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.AddCommand(
		a.agentCommand(), a.cleanupCommand(), a.statusCommand(), a.endpointCommand(), a.policyCommand(), a.monitorCommand(),
		a.statsCommand(), a.identityCommand(), a.nodeCommand(), a.conntrackCommand(), a.storeCommand(), a.versionCommand(),
	)
	return root
}

// locate takes the socket from the environment if no flag names it.
func (a *app) locate(c *cobra.Command) {
	if path := os.Getenv(socketVariable); path != "" && !c.Flags().Changed("socket") {
		a.socket = path
	}
}

func (a *app) client() *api.Client { return api.NewClient(a.socket) }

// advise adds what to do about err, where that is known.
func advise(err error) error {
	switch {
	case errors.Is(err, api.ErrNotRunning):
		return fmt.Errorf("%w: start it with \"hypha agent\", or give --socket", err)
	case errors.Is(err, api.ErrNoAnswer):
		return fmt.Errorf("%w: see the agent's log", err)
	}
	return err
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(children...)
	return c
}

// needs wants exactly these arguments; names are what the help calls them.
func needs(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usagef("%s is missing", names[len(args)])
		case len(args) > len(names):
			return usagef("%q is one argument too many", args[len(names)])
		}
		return nil
	}
}
