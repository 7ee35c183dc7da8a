// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hypha-net/hypha/bench/contestant"
	"github.com/hypha-net/hypha/bench/report"
)

const project = ".."

// What documents and picture show is what the published report says.
func TestDocumentsAgreeWithTheReport(t *testing.T) {
	r, err := report.Load(filepath.Join(project, published))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		is, err := os.ReadFile(filepath.Join(project, p.document))
		if err != nil {
			t.Fatal(err)
		}
		want, err := p.replace(is, r)
		if err != nil {
			t.Errorf("%s: %v", p.document, err)
		} else if !bytes.Equal(is, want) {
			t.Errorf("%s shows other %s than %s has: bin/bench publish %[3]s", p.document, p.name, published)
		}
	}
	picture, err := os.ReadFile(filepath.Join(project, publishedPicture))
	if err != nil || !bytes.Equal(picture, r.Draw(contestant.Floor)) {
		t.Errorf("%s is not the picture of %s (%v): bin/bench publish %[2]s", publishedPicture, published, err)
	}
}

func TestPartHasNoPlace(t *testing.T) {
	for _, document := range []string{"", "<!-- bench: rates -->\n", "<!-- bench: end -->\n<!-- bench: rates -->\n"} {
		if _, err := parts[0].replace([]byte(document), &report.Report{}); err == nil {
			t.Errorf("%q is taken", document)
		}
	}
}
