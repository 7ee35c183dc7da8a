// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// errMixed is returned for URLs of which only some want TLS: etcd's client treats all alike.
var errMixed = errors.New("http and https are mixed: use one of them for all members")

// connect makes a client of an external etcd. It does not wait for a connection, unless there is a user to be let in.
func (s *Store) connect(ctx context.Context, c Config) error {
	secure, err := checkEndpoints(c.Endpoints)
	if err != nil {
		return err
	}
	config := clientv3.Config{
		Context:              context.WithoutCancel(ctx), // the client's own: it ends with Close
		Endpoints:            c.Endpoints,
		DialTimeout:          s.timeout,        // of letting the user in
		DialKeepAliveTime:    10 * time.Second, // a node that vanished is noticed, and a watch moves on
		DialKeepAliveTimeout: 5 * time.Second,
		PermitWithoutStream:  true,
		Logger:               etcdLogger(s.log),
	}
	s.connector = &connector{secure: secure}
	config.DialOptions = []grpc.DialOption{grpc.WithContextDialer(s.connector.dial)}
	if secure {
		if _, err := c.TLS.config(); err != nil {
			return err
		}
		config.DialOptions = append(config.DialOptions, grpc.WithTransportCredentials(&handshake{c.TLS, s.connector}))
	}
	if c.User != "" {
		err = s.introduce(&config, c)
	}
	if err == nil {
		s.client, err = clientv3.New(config)
	}
	if err != nil {
		if s.nobody != nil {
			s.nobody.Close()
		}
		return fmt.Errorf("connect to etcd: %w", s.explainAt(strings.Join(c.Endpoints, ", "), err))
	}
	return nil
}

// checkEndpoints reports whether they want TLS.
func checkEndpoints(endpoints []string) (secure bool, err error) {
	plain := false
	for _, endpoint := range endpoints {
		u, err := url.Parse(endpoint)
		if err != nil {
			return false, fmt.Errorf("etcd endpoint %q: %w", endpoint, err)
		}
		switch u.Scheme {
		case "http", "unix":
			plain = true
		case "https", "unixs":
			secure = true
		default:
			return false, fmt.Errorf("etcd endpoint %q: want a URL such as https://10.0.0.1:2379", endpoint)
		}
	}
	if plain && secure {
		return false, fmt.Errorf("etcd endpoints %s: %w", strings.Join(endpoints, ", "), errMixed)
	}
	return secure, nil
}
