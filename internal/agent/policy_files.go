// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hypha-net/hypha/internal/kubernetes"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// PolicyFile is a file of policies as its author wrote it. Source is what errors call it.
type PolicyFile struct {
	Source string
	Text   []byte
}

// draft is policies that have been read and checked, and are not stored yet.
type draft struct {
	docs     []store.Doc
	warnings []string
	sources  map[string]string // policy → file
}

// readFiles reads Hypha's policies and Kubernetes' NetworkPolicies: all of them, or the first error.
func (a *Agent) readFiles(files []PolicyFile) (draft, error) {
	d := draft{sources: map[string]string{}}
	for _, file := range files {
		if err := a.readFile(&d, file); err != nil {
			return draft{}, err
		}
	}
	return d, nil
}

func (a *Agent) readFile(d *draft, file PolicyFile) error {
	all, warnings, err := kubernetes.ReadFile(file.Source, file.Text, a.clusterPrefixes()...)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		d.warnings = append(d.warnings, w.String())
	}
	for _, read := range all {
		if err := d.add(file.Source, read.Policy, read.Source); err != nil {
			return err
		}
	}
	return nil
}

func (d *draft) add(source string, p policy.Policy, written json.RawMessage) error {
	if other, twice := d.sources[p.Name]; twice {
		return fmt.Errorf("%s: policy %q: %w: in %s, too", source, p.Name, store.ErrTwice, other)
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encoding policy %q: %w", p.Name, err)
	}
	d.sources[p.Name] = source
	d.docs = append(d.docs, store.Doc{Name: p.Name, JSON: body, Source: written})
	return nil
}

// putInto puts the read policies in the place of those of their names.
func (d draft) putInto(before []store.Doc) []store.Doc {
	kept := slices.DeleteFunc(slices.Clone(before), func(old store.Doc) bool { _, new := d.sources[old.Name]; return new })
	all := append(kept, d.docs...)
	slices.SortFunc(all, func(a, b store.Doc) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
