// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"runtime"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) error {
			version := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				System  string `json:"system"`
			}{a.deps.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			return a.emit(version, func(p *page) { p.linef("hypha %s %s %s", version.Version, version.System, version.Go) })
		}),
	}
}
