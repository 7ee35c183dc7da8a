// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"

	"github.com/spf13/cobra"
)

// CleanupConfig is what `hypha cleanup` was told.
type CleanupConfig struct {
	State, Run, BPF string
}

func (a *app) cleanupCommand() *cobra.Command {
	var config CleanupConfig
	c := &cobra.Command{
		Use:   "cleanup",
		Short: "Take every trace of an agent that is not running off the machine",
		Args:  cobra.NoArgs,
	}
	directoryFlags(c, &config.State, &config.Run, &config.BPF)
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if err := settle(c, ""); err != nil {
			return err
		}
		return checkAbsolute(config.State, config.Run, config.BPF)
	}
	c.RunE = a.run(func(ctx context.Context, _ []string) error { return a.deps.Cleanup(ctx, config, a.out) })
	return c
}
