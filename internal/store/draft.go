// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// draft is the next version while it is made.
type draft struct {
	version
	pages   map[int]page   // by number: those that it may change
	content map[ref][]byte // that it brings
	applied Applied
}

// draftOf begins with before, of which pages are those that will be changed.
func draftOf(before version, pages map[int]page) *draft {
	d := &draft{
		version: version{Revision: before.Revision + 1, Pages: maps.Clone(before.Pages)},
		pages:   pages, content: map[ref][]byte{}, applied: Applied{Revision: before.Revision},
	}
	if d.Pages == nil {
		d.Pages = map[int]ref{}
	}
	for number, p := range pages {
		d.pages[number] = slices.Clone(p)
	}
	return d
}

// delete takes the policy name out, if there is one.
func (d *draft) delete(name string) {
	number := pageOf(name)
	if at, found := d.pages[number].find(name); found {
		d.pages[number] = slices.Delete(d.pages[number], at, at+1)
		d.applied.Deleted = append(d.applied.Deleted, name)
	}
}

// put puts doc in, in the place of the policy of its name if there is one.
func (d *draft) put(doc Doc) {
	e, number := newEntry(doc, d.Revision), pageOf(doc.Name)
	p := d.pages[number]
	switch at, found := p.find(doc.Name); {
	case !found:
		d.pages[number] = slices.Insert(p, at, e)
		d.applied.Created = append(d.applied.Created, doc.Name)
	case !p[at].same(e):
		p[at] = e
		d.applied.Updated = append(d.applied.Updated, doc.Name)
	default:
		d.applied.Unchanged = append(d.applied.Unchanged, doc.Name)
		return
	}
	d.content[e.body()] = doc.JSON
	if e.Source != "" {
		d.content[e.source()] = doc.Source
	}
}

// finish writes the pages that have changed.
func (d *draft) finish() error {
	d.applied.settle()
	changed := map[int]bool{}
	for _, names := range [][]string{d.applied.Created, d.applied.Updated, d.applied.Deleted} {
		for _, name := range names {
			changed[pageOf(name)] = true
		}
	}
	for number := range changed {
		if len(d.pages[number]) == 0 {
			delete(d.Pages, number)
			continue
		}
		content, err := json.Marshal(d.pages[number])
		if err != nil {
			return fmt.Errorf("encode a page of the list of policies: %w", err)
		}
		d.Pages[number] = newRef(d.Revision, content)
		d.content[d.Pages[number]] = content
	}
	return nil
}
