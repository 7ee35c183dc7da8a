// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/hypha-net/hypha/internal/cli"
	"github.com/hypha-net/hypha/internal/store"
)

// storeConfig is how to get at the etcd that the command line names.
func storeConfig(etcd cli.EtcdConfig) (store.Config, error) {
	password, err := etcd.Password()
	return store.Config{
		Endpoints: etcd.URLs, Prefix: etcd.Prefix, TLS: etcd.TLS, User: etcd.User, Password: password,
	}, err
}
