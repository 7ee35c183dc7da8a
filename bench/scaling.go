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
	o, err := parseScale(args)
	if err != nil {
		return err
	}
	failed := testbed.Run(func(tb testbed.TB) {
		err = scale.Run(ctx, tb, o, os.Stdout)
	})
	return cmp.Or(failed, err, ctx.Err())
}

// parseScale reads the command line, and refuses a cluster that can not be.
func parseScale(args []string) (o scale.Options, err error) {
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
	err = f.Parse(args)
	switch {
	case err != nil:
	case f.NArg() > 0:
		err = fmt.Errorf("%q: what is that for?", f.Arg(0))
	case o.Nodes < 1:
		err = fmt.Errorf("-nodes: %d are too few", o.Nodes)
	case o.Endpoints < o.Nodes:
		err = fmt.Errorf("-endpoints: %d are less than one a node", o.Endpoints)
	case o.LabelSets < 1:
		err = fmt.Errorf("-label-sets: %d are too few", o.LabelSets)
	}
	return o, err
}
