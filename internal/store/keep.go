// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// mark is the key that says that what is at key is unused.
func (n series) mark(key string) string {
	if n.unused == "" {
		return n.next // none; it is read anyway
	}
	return n.unused + strings.TrimPrefix(key, n.sets)
}

// keepNumber takes the mark off the number at key: it is not taken back before somebody has found it unused anew. The revision is one at which
// there was none.
func (s *Store) keepNumber(ctx context.Context, n series, key string, there given) (revision int64, kept bool, err error) {
	if there.mark == 0 {
		return there.read, true, nil
	}
	done, err := s.commit(ctx, []clientv3.Cmp{unchanged(key, there.revision), unchanged(n.mark(key), there.mark)}, clientv3.OpDelete(n.mark(key)))
	if err != nil {
		return 0, false, err
	}
	return done.Header.Revision, done.Succeeded, nil
}
