// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/hypha-net/hypha/bench/scale"
	"github.com/hypha-net/hypha/internal/testbed"
)

// scaleCommand measures one agent in a cluster of simulated nodes, and prints a table.
func scaleCommand(ctx context.Context, args []string) error {
	var o scale.Options
	f := flag.NewFlagSet("bench scale", flag.ContinueOnError)
	f.StringVar(&o.Hypha, "hypha", "bin/hypha", "the binary that is measured")
	f.IntVar(&o.Nodes, "nodes", 1000, "that are simulated")
	f.IntVar(&o.Endpoints, "endpoints", 1_000_000, "on all of them together")
	f.IntVar(&o.LabelSets, "label-sets", 10_000, "that these have")
	f.IntVar(&o.Following, "following", 1000, "nodes that follow the store as an agent does; the others only write")
	f.Float64Var(&o.Churn, "churn", 0.01, "part of the endpoints that is replaced in a minute")
	f.Float64Var(&o.Fresh, "fresh", 0.01, "part of those that come whose label set is new to the cluster")
	f.DurationVar(&o.Settle, "settle", 6*time.Minute, "after how long the nodes are quiet: what was found unused while they started is looked at again after five minutes")
	f.DurationVar(&o.Window, "window", 2*time.Minute, "how long each phase is measured")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%q: what is that for?", f.Arg(0))
	}
	var err error
	failed := testbed.Run(func(tb testbed.TB) {
		err = scale.Run(ctx, tb, o, os.Stdout)
	})
	return cmp.Or(failed, err, ctx.Err())
}
