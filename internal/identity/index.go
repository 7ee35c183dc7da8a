// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"hash/maphash"
	"maps"
)

// index leads from labels.Set.Canonical to numbers. It is in shards, so that a change copies one of them.
type index [1 << 10]*shard

// shard is a part of the index. nil is an empty one.
type shard struct {
	edit    *edit // that made it
	numbers map[string]Number
}

var seed = maphash.MakeSeed()

func (x *index) shard(key string) **shard {
	return &x[maphash.String(seed, key)%uint64(len(x))]
}

func (x *index) number(key string) (number Number, found bool) {
	if s := *x.shard(key); s != nil {
		number, found = s.numbers[key]
	}
	return number, found
}

// writable returns the numbers of the shard that key is in, for an edit.
func (x *index) writable(key string, by *edit) map[string]Number {
	at := x.shard(key)
	switch old := *at; {
	case old == nil:
		*at = &shard{by, map[string]Number{}}
	case old.edit != by:
		*at = &shard{by, maps.Clone(old.numbers)}
	}
	return (*at).numbers
}
