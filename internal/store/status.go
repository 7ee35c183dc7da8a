// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Status is the store's health, asked for just now.
type Status struct {
	Mode    Mode
	Healthy bool   // a quorum answered
	Message string // why not, one line; where etcd is otherwise
	Keys    int64  // of Hypha
	Bytes   int64  // of the member's database file that answered, history and others' keys included
}

// Status asks etcd how it is.
func (s *Store) Status(ctx context.Context) Status {
	status := Status{Mode: s.mode, Message: s.where()}
	keys, err := s.get(ctx, "", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		status.Message = err.Error()
		return status
	}
	status.Healthy, status.Keys = true, keys.Count
	status.Bytes = s.databaseBytes(ctx)
	return status
}

// databaseBytes returns the size of the first member's database that says it, 0 if none does.
func (s *Store) databaseBytes(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	endpoints := s.client.Endpoints()
	if s.mode == Embedded {
		endpoints = []string{""} // there is one, and it has no address
	}
	for _, endpoint := range endpoints {
		if member, err := s.client.Status(ctx, endpoint); err == nil {
			return member.DbSize
		}
	}
	return 0
}
