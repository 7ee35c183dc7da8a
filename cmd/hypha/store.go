// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/cli"
	"github.com/hypha-net/hypha/internal/store"
)

// storeConfig is how to get at the etcd that the command line names.
func storeConfig(etcd cli.EtcdConfig) store.Config {
	return store.Config{
		Endpoints: etcd.URLs, Prefix: etcd.Prefix, TLS: etcd.TLS, User: etcd.User, Password: etcd.Password,
	}
}

// openStore opens the one that the command line names, for a command.
func openStore(ctx context.Context, config cli.StoreConfig) (*store.Store, error) {
	c := storeConfig(config.Etcd)
	if config.State != "" {
		c.Dir = agent.StoreDir(config.State)
	}
	return store.Open(ctx, c)
}

// exportStore makes no store where there is none.
func exportStore(ctx context.Context, config cli.StoreConfig, to io.Writer) (err error) {
	if config.State != "" {
		if _, err := os.Stat(agent.StoreDir(config.State)); err != nil {
			return fmt.Errorf("no agent has kept its store there: %w", err)
		}
	}
	s, err := openStore(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = s.Export(ctx, to)
	return err
}

func importStore(ctx context.Context, config cli.StoreConfig, from io.Reader) (_ cli.Imported, err error) {
	s, err := openStore(ctx, config)
	if err != nil {
		return cli.Imported{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	imported, err := s.Import(ctx, from)
	return cli.Imported{Cluster: imported.Cluster, Keys: imported.Keys}, err
}
