// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
)

// Before there were pages and a history, policyCurrentKey held the whole list:
//
//	{"revision": 7, "policies": [{"name": ..., "since": 5, "sha256": ...}, ...]}
//
// The first change writes its pages, and the set as it was into the history. An agent from that time finds no list in what is
// there now, says so, and leaves everything as it is.
type list struct {
	Revision uint64 `json:"revision"`
	Policies page   `json:"policies"`
}

// upgrade makes v of a list. Its pages are not in etcd yet: they come with the next revision.
func (v *version) upgrade(all list) error {
	byNumber := map[int]page{}
	for _, e := range all.Policies {
		byNumber[pageOf(e.Name)] = append(byNumber[pageOf(e.Name)], e)
	}
	v.Revision, v.Pages, v.unsaved = all.Revision, map[int]ref{}, map[ref][]byte{}
	for number, p := range byNumber {
		content, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("encode a page of the list of policies: %w", err)
		}
		r := newRef(v.Revision+1, content)
		v.Pages[number], v.unsaved[r] = r, content
	}
	return nil
}
