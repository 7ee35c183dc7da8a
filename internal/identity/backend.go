// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"github.com/hypha-net/hypha/internal/labels"
)

// Backend is where the cluster agrees on numbers. It speaks plain numbers, so that what satisfies
// it need not know this package. A revision orders all that a backend says: of two news about one
// number the one with the higher revision is true.
type Backend interface {
	// AllocateIdentity returns the number of set, in [FirstLabelSet, LastLabelSet], and makes it if
	// there is none. Whoever asks for the same set gets the same number. It stays the set's for some time from then on, and
	// for as long as this node says that it is used.
	AllocateIdentity(ctx context.Context, set labels.Set) (number uint32, revision int64, err error)

	// LookupIdentity returns the labels of number. Not found is no error.
	LookupIdentity(ctx context.Context, number uint32) (set labels.Set, revision int64, found bool, err error)

	// WatchIdentities calls replace with all there is, then change with what comes and goes, one
	// call at a time and in order of revision, until ctx is done; then it returns ctx's error. When
	// it has lost track it calls replace again. While the backend is away it keeps trying.
	WatchIdentities(ctx context.Context,
		replace func(revision int64, all map[uint32]labels.Set),
		change func(revision int64, put map[uint32]labels.Set, gone []uint32)) error
}
