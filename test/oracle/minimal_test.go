// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"slices"
	"time"
)

// minimal says which part of the policy file is enough for the probe's answers to differ. It takes a minute at most.
func (r *round) minimal(p probe) string {
	deadline := time.Now().Add(time.Minute)
	least, problem := r, "(not again, when it was sent alone)"
	for shrunk := true; shrunk; {
		shrunk = false
		for _, documents := range cuts(anyList(least.documents)) {
			if time.Now().After(deadline) {
				break
			}
			if now := newRound(r.cluster, r.mode, documentsOf(documents)); now.apply() == nil {
				if again := now.send([]probe{r.again(p)})[0].problem(); again != "" {
					least, problem, shrunk = now, again, true
					break
				}
			}
		}
	}
	return fmt.Sprintf("made small:\n%s\n%s\nas it was:\n%s", problem, least, r)
}

func (r *round) again(p probe) probe { return r.newProbe(p.from, p.to, p.protocol, p.port) }

// cuts are the document with one thing taken out, in all ways. The biggest things come first. What Hypha refuses is no help.
func cuts(value any) (all []any) {
	switch v := value.(type) {
	case []any:
		for i := range v {
			all = append(all, slices.Delete(slices.Clone(v), i, i+1))
		}
		for i := range v {
			for _, smaller := range cuts(v[i]) {
				with := slices.Clone(v)
				with[i] = smaller
				all = append(all, with)
			}
		}
	case document:
		for key := range v {
			all = append(all, with(v, key, nil))
			for _, smaller := range cuts(v[key]) {
				all = append(all, with(v, key, smaller))
			}
		}
	}
	return all
}

// with is the document with another value of a key; nil: without it.
func with(d document, key string, value any) document {
	changed := document{}
	for k, v := range d {
		if k != key {
			changed[k] = v
		}
	}
	if value != nil {
		changed[key] = value
	}
	return changed
}

func anyList(documents []document) (all []any) {
	for _, d := range documents {
		all = append(all, d)
	}
	return all
}

func documentsOf(value any) (documents []document) {
	for _, d := range value.([]any) {
		documents = append(documents, d.(document))
	}
	return documents
}
