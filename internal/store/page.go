// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
)

// page is a part of the list of policies, sorted by name. A change of one policy writes one page, not the whole list.
type page []entry

// pageCount is how many there are. A page and the list of pages are about equally long with some 4,000 policies.
const pageCount = 64

// pageOf returns the number of the page that name is on.
func pageOf(name string) int {
	sum := sha256.Sum256([]byte(name))
	return int(sum[0]) % pageCount
}

// entry is a policy in the list. Its body and its source are content.
type entry struct {
	Name   string `json:"name"`
	Since  uint64 `json:"since"`            // the revision that gave it this content
	SHA256 string `json:"sha256"`           // of Doc.JSON
	Source string `json:"source,omitempty"` // SHA-256 of Doc.Source; "" without one
}

func newEntry(doc Doc, revision uint64) entry {
	e := entry{Name: doc.Name, Since: revision, SHA256: hash(doc.JSON)}
	if len(doc.Source) > 0 {
		e.Source = hash(doc.Source)
	}
	return e
}

func (e entry) body() ref   { return refTo(e.Since, e.SHA256) }
func (e entry) source() ref { return refTo(e.Since, e.Source) }

// refs returns what e consists of.
func (e entry) refs() []ref {
	if e.Source == "" {
		return []ref{e.body()}
	}
	return []ref{e.body(), e.source()}
}

// same reports whether both are the same policy with the same content, whenever it came.
func (e entry) same(o entry) bool {
	return e.Name == o.Name && e.SHA256 == o.SHA256 && e.Source == o.Source
}

// find returns where name is or belongs.
func (p page) find(name string) (at int, found bool) {
	return slices.BinarySearchFunc(p, name, func(e entry, name string) int {
		return cmp.Compare(e.Name, name)
	})
}

func decodePage(r ref, content []byte) (page, error) {
	var p page
	if err := json.Unmarshal(content, &p); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrCorrupt, r.key(), err)
	}
	return p, nil
}

// loadPages returns some pages of v, by number. They are shared: clone what is to change.
func (s *Store) loadPages(ctx context.Context, v version, numbers []int) (map[int]page, error) {
	var refs []ref
	for _, number := range numbers {
		if r, found := v.Pages[number]; found {
			refs = append(refs, r)
		}
	}
	content, err := load(ctx, s, &s.pages, v, refs, decodePage)
	if err != nil {
		return nil, err
	}
	loaded := make(map[int]page, len(numbers))
	for _, number := range numbers {
		loaded[number] = content[v.Pages[number]]
	}
	return loaded, nil
}
