// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

// index is the value of policyCurrentKey: which policies make the set of a revision.
type index struct {
	Revision uint64       `json:"revision"`
	Policies []indexEntry `json:"policies"` // sorted by name
	modified int64        // etcd's revision of the key; 0: there is none
}

type indexEntry struct {
	Name   string `json:"name"`
	Since  uint64 `json:"since"` // the revision that gave it this content
	SHA256 string `json:"sha256"`
}

// bodyKey is where the content is. The revision is part of it: a body that one writer drops is
// never one that another is about to refer to.
func (e indexEntry) bodyKey() string {
	return fmt.Sprintf("%s%d/%s", policyBodies, e.Since, e.SHA256)
}

func parseIndex(kvs []*mvccpb.KeyValue) (index, error) {
	if len(kvs) == 0 {
		return index{}, nil
	}
	x := index{modified: kvs[0].ModRevision}
	if err := json.Unmarshal(kvs[0].Value, &x); err != nil {
		return index{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, policyCurrentKey, err)
	}
	return x, nil
}

// find returns where name is or belongs.
func (x index) find(name string) (at int, found bool) {
	return slices.BinarySearchFunc(x.Policies, name, func(e indexEntry, name string) int {
		return cmp.Compare(e.Name, name)
	})
}

// edit returns the index of the next revision, and what is different in it.
func (x index) edit(upserts []Doc, deletes []string) (index, Applied) {
	after := index{Revision: x.Revision + 1, Policies: slices.Clone(x.Policies)}
	var a Applied
	for _, name := range deletes {
		put := slices.ContainsFunc(upserts, func(d Doc) bool { return d.Name == name })
		if at, found := after.find(name); found && !put {
			after.Policies = slices.Delete(after.Policies, at, at+1)
			a.Deleted = append(a.Deleted, name)
		}
	}
	for _, doc := range upserts {
		entry := indexEntry{doc.Name, after.Revision, hash(doc.JSON)}
		at, found := after.find(doc.Name)
		switch {
		case !found:
			after.Policies = slices.Insert(after.Policies, at, entry)
			a.Created = append(a.Created, doc.Name)
		case after.Policies[at].SHA256 != entry.SHA256:
			after.Policies[at] = entry
			a.Updated = append(a.Updated, doc.Name)
		default:
			a.Unchanged = append(a.Unchanged, doc.Name)
		}
	}
	for _, names := range [][]string{a.Created, a.Updated, a.Unchanged, a.Deleted} {
		slices.Sort(names)
	}
	a.Revision = x.Revision
	if a.Changed() {
		a.Revision = after.Revision
	}
	return after, a
}
