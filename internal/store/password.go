// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// introduce has the client of a configuration say that it is c.User, whenever etcd does not know it any more: because the password has
// changed, or nothing was asked for five minutes (simpleTokenTTLDefault in etcd).
func (s *Store) introduce(config *clientv3.Config, c Config) (err error) {
	if s.nobody, err = clientv3.New(*config); err != nil {
		return err
	}
	config.Username = c.User
	if config.Password, err = c.Password(); err != nil {
		return err
	}
	config.DialOptions = append(config.DialOptions, grpc.WithChainUnaryInterceptor(introduction(s.nobody.ActiveConnection(), c.Password)))
	return nil
}

// introduction has the client introduce itself with the password as it is then, and over a connection on which it is nobody yet. By
// itself it has only the password that it was made with, and shows the old token along with it: for that etcd 3.4 turns it away.
func introduction(nobody *grpc.ClientConn, password func() (string, error)) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
		who, introduces := request.(*etcdserverpb.AuthenticateRequest)
		if !introduces {
			return invoke(ctx, method, request, reply, conn, options...)
		}
		current, err := password()
		if err != nil {
			return fmt.Errorf("introduce this node to etcd: %w", err)
		}
		return invoke(ctx, method, &etcdserverpb.AuthenticateRequest{Name: who.Name, Password: current}, reply, nobody, options...)
	}
}
