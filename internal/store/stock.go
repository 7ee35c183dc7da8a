// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// stock is what there is of policies at one revision of etcd.
type stock struct {
	versions []version // the current one, and the others in the history, newest first
	content  []ref
}

func (s *Store) takeStock(ctx context.Context) (stock, error) {
	seen, err := s.commit(ctx, nil, clientv3.OpGet(policyCurrentKey), clientv3.OpGet(policyHistory, clientv3.WithPrefix()),
		clientv3.OpGet(policyBodies, clientv3.WithPrefix(), clientv3.WithKeysOnly()))
	if err != nil {
		return stock{}, err
	}
	current, err := parseVersion(seen.Responses[0].GetResponseRange().Kvs, seen.Header.Revision)
	if err != nil {
		return stock{}, err
	}
	there := stock{versions: []version{current}}
	history := seen.Responses[1].GetResponseRange().Kvs
	for i := range slices.Backward(history) {
		v, err := parseVersion(history[i:], seen.Header.Revision)
		if err != nil {
			return stock{}, err
		}
		if v.Revision != current.Revision {
			there.versions = append(there.versions, v)
		}
	}
	for _, kv := range seen.Responses[2].GetResponseRange().Kvs {
		there.content = append(there.content, ref(strings.TrimPrefix(string(kv.Key), policyBodies)))
	}
	return there, nil
}
