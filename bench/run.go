// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/report"
	"github.com/hypha-net/hypha/internal/testbed"
)

// runCommand measures, prints the tables and writes the report.
func runCommand(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := o.ready(); err != nil {
		return err
	}
	release, err := machine.Alone(o.lock)
	if err != nil {
		return err
	}
	defer release()
	goBack, err := machine.GoFirst()
	if err != nil {
		return err
	}
	defer goBack()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p := newProgress(os.Stderr, stop)
	r, err := measure(ctx, p, o)
	p.close()
	if r == nil || ctx.Err() != nil {
		return cmp.Or(err, ctx.Err())
	}
	// What fails late does not cost the hour of rounds before it.
	return errors.Join(err, keep(ctx, o, r), void(r))
}

// void is an error if samples of a report are.
func void(r *report.Report) error {
	if n := r.Void(); n > 0 {
		return fmt.Errorf("%d samples are void: see their errors in the report", n)
	}
	return nil
}

// keep prints a report and writes its files.
func keep(ctx context.Context, o options, r *report.Report) error {
	r.Targets = targets(r)
	if err := r.Print(os.Stdout, contestant.Floor); err != nil {
		return err
	}
	if o.out != "" {
		if err := r.Save(o.out); err != nil {
			return err
		}
	}
	if o.picture == "" {
		return nil
	}
	return savePicture(ctx, r, o.picture)
}

// measure is the whole benchmark: rounds first, for what follows disturbs them. With an error comes what was measured before it,
// nil if that is nothing.
func measure(ctx context.Context, p *progress, o options) (*report.Report, error) {
	started := time.Now()
	r, err := newReport(ctx, o)
	if err != nil {
		return nil, err
	}
	failed := testbed.Run(func(tb testbed.TB) {
		err = packets(ctx, p, o, contestant.Setting{TB: tb, Hypha: o.hypha}, r)
	})
	if err = cmp.Or(failed, err, ctx.Err()); err != nil {
		return begun(r), err
	}
	failed = testbed.Run(func(tb testbed.TB) {
		err = controlPlane(ctx, p, o, tb, r)
	})
	r.Seconds = time.Since(started).Seconds()
	return r, cmp.Or(failed, err, ctx.Err())
}

// begun is a report that has samples; else nil.
func begun(r *report.Report) *report.Report {
	if len(r.Series) == 0 {
		return nil
	}
	return r
}
