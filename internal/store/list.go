// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// listPage is how many keys are asked for at once. Each request has the same time limit, however many there are; and each costs etcd a
// walk over the names of all of them.
const listPage = 50_000

// list reads all that is below prefix, as it was at one revision: that of the response.
func (s *Store) list(ctx context.Context, prefix string) (*clientv3.GetResponse, error) {
	end := clientv3.GetPrefixRangeEnd(prefix)
	all, err := s.get(ctx, prefix, clientv3.WithRange(end), clientv3.WithLimit(listPage))
	if err != nil {
		return nil, err
	}
	for more := all.More; more; {
		next := string(all.Kvs[len(all.Kvs)-1].Key) + "\x00"
		page, err := s.get(ctx, next, clientv3.WithRange(end), clientv3.WithLimit(listPage), clientv3.WithRev(all.Header.Revision))
		if err != nil {
			return nil, err
		}
		all.Kvs, more = append(all.Kvs, page.Kvs...), page.More
	}
	all.More = false
	return all, nil
}
