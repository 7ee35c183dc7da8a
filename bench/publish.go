// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/report"
	"github.com/hypha-net/hypha/internal/atomicfile"
)

// Where the report is that the documents speak of, below the project's directory, and its picture.
const (
	published        = "docs/bench/report.json.gz"
	publishedPicture = "docs/bench/rates.svg"
)

// ErrNoPlace says that a document has no place for what a report says.
var ErrNoPlace = errors.New("the document has no place for it")

// part is what a document has of the published report, between two comments with its name.
type part struct {
	document, name string
	text           func(*report.Report) string
}

var parts = []part{
	{"README.md", "rates", func(r *report.Report) string { return r.MarkdownRates(contestant.Floor, shown) }},
	{"docs/benchmark.md", "targets", (*report.Report).MarkdownTargets},
}

// shown are the contestants of the table in the README: the picture has all.
var shown = []string{"redirect", "bridge", "bridge-nftables", "docker", "hypha-10", "hypha-10k", "hypha-1m", "hypha-monitor"}

// publish makes a report the one that the documents speak of.
func publish(ctx context.Context, file string) error {
	r, err := report.Load(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(published), 0o755); err != nil {
		return fmt.Errorf("publishing the report: %w", err)
	}
	if err := r.Save(published); err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.write(r); err != nil {
			return fmt.Errorf("publishing the report: %s: %w", p.document, err)
		}
	}
	return savePicture(ctx, r, publishedPicture)
}

func (p part) write(r *report.Report) error {
	before, err := os.ReadFile(p.document)
	if err != nil {
		return err
	}
	after, err := p.replace(before, r)
	if err != nil {
		return err
	}
	return atomicfile.Write(p.document, after, 0o644)
}

// replace is the document with the report's words in the part's place.
func (p part) replace(document []byte, r *report.Report) ([]byte, error) {
	begin, end := fmt.Appendf(nil, "<!-- bench: %s -->\n", p.name), []byte("<!-- bench: end -->\n")
	head, rest, begun := bytes.Cut(document, begin)
	_, tail, ended := bytes.Cut(rest, end)
	if !begun || !ended {
		return nil, fmt.Errorf("%w: between %q and %q", ErrNoPlace, begin, end)
	}
	return bytes.Join([][]byte{head, begin, []byte(p.text(r)), end, tail}, nil), nil
}
