// SPDX-License-Identifier: Apache-2.0

package store

import (
	"maps"
	"sync"
)

// last is the set of policies that was read last. Between two changes it is asked for again and again.
type last struct {
	lock  sync.Mutex
	pages map[int]ref
	docs  []Doc
}

// docsOf returns the documents of v, if they are those.
func (l *last) docsOf(v version) (docs []Doc, same bool) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.docs, l.docs != nil && maps.Equal(l.pages, v.Pages)
}

func (l *last) keep(v version, docs []Doc) {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.pages, l.docs = v.Pages, docs
}
