// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// connect makes a client of an external etcd. It does not wait for a connection.
func (s *Store) connect(endpoints []string) error {
	for _, endpoint := range endpoints {
		if err := checkEndpoint(endpoint); err != nil {
			return err
		}
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            endpoints,
		DialKeepAliveTime:    10 * time.Second, // a node that vanished is noticed, and a watch moves on
		DialKeepAliveTimeout: 5 * time.Second,
		PermitWithoutStream:  true,
		Logger:               etcdLogger(s.log),
	})
	if err != nil {
		return fmt.Errorf("connect to etcd at %s: %w", strings.Join(endpoints, ","), err)
	}
	s.client = client
	return nil
}

func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("etcd endpoint %q: %w", endpoint, err)
	}
	switch u.Scheme {
	case "http", "unix":
		return nil
	case "https", "unixs":
		return fmt.Errorf("etcd endpoint %q: TLS is not built yet: use http:// or unix://", endpoint)
	}
	return fmt.Errorf("etcd endpoint %q: want a URL such as http://10.0.0.1:2379", endpoint)
}
