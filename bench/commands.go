// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/report"
	"github.com/hypha-net/hypha/internal/atomicfile"
)

func compare(oldFile, newFile string) error {
	before, err := report.Load(oldFile)
	if err != nil {
		return err
	}
	now, err := report.Load(newFile)
	if err != nil {
		return err
	}
	return report.Compare(os.Stdout, before, now, contestant.Floor)
}

func show(file string) error {
	r, err := report.Load(file)
	if err != nil {
		return err
	}
	return r.Print(os.Stdout, contestant.Floor)
}

func draw(ctx context.Context, file, picture string) error {
	r, err := report.Load(file)
	if err != nil {
		return err
	}
	return savePicture(ctx, r, picture)
}

// savePicture writes an SVG and, where there is a program that makes one of it, the same as PNG.
func savePicture(ctx context.Context, r *report.Report, svg string) error {
	if err := atomicfile.Write(svg, r.Draw(contestant.Floor), 0o644); err != nil {
		return fmt.Errorf("writing the picture: %w", err)
	}
	png := strings.TrimSuffix(svg, ".svg") + ".png"
	out, err := exec.CommandContext(ctx, "rsvg-convert", "--zoom", "2", "--output", png, svg).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		fmt.Fprintln(os.Stderr, "bench: no PNG is made: there is no rsvg-convert (librsvg2-bin)")
		return nil
	}
	if err != nil {
		return fmt.Errorf("making a PNG of the picture: %w: %s", err, out)
	}
	return nil
}
