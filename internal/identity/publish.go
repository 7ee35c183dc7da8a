// SPDX-License-Identifier: Apache-2.0

package identity

import "github.com/hypha-net/hypha/internal/labels"

// publish makes an edited copy of the snapshot the current one, and wakes who waits for a change if
// edit reports one.
func (r *Registry) publish(edit func(*Snapshot) bool) {
	r.writer.Lock()
	defer r.writer.Unlock()
	old := r.current.Load()
	next := old.clone()
	visible := edit(next)
	if !visible {
		next.changed = old.changed // newer revisions, but nothing to wake anybody for
	}
	r.current.Store(next)
	if visible {
		close(old.changed)
	}
}

// replace makes all the backend has at revision what is known, but for what was learned later.
func (r *Registry) replace(revision int64, all map[uint32]labels.Set) {
	r.publish(func(s *Snapshot) bool {
		changed := false
		for number := range r.current.Load().All() {
			if _, stays := all[uint32(number)]; !stays {
				changed = s.remove(number, revision) || changed
			}
		}
		s.complete, s.forgotten = revision, revision
		return putAll(s, revision, all) || changed
	})
}

// change applies what came and went.
func (r *Registry) change(revision int64, put map[uint32]labels.Set, gone []uint32) {
	r.publish(func(s *Snapshot) bool {
		changed := false
		s.complete = revision
		if len(gone) > 0 {
			s.forgotten = revision
		}
		for _, number := range gone {
			changed = s.remove(Number(number), revision) || changed
		}
		return putAll(s, revision, put) || changed
	})
}

// putAll puts what is in the range of label sets. Nothing else is ever an identity of the cluster:
// a damaged store must not be able to give labels to "host" or to a prefix.
func putAll(s *Snapshot, revision int64, sets map[uint32]labels.Set) bool {
	changed := false
	for number, set := range sets {
		if Number(number).IsLabelSet() {
			changed = s.put(Number(number), entry{set, revision}) || changed
		}
	}
	return changed
}
