// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// StoreConfig says which store: an etcd, or the embedded one of a node whose agent does not run.
type StoreConfig struct {
	Etcd  EtcdConfig
	State string // directory of saved records; empty: an etcd
}

// Imported is what an import has brought.
type Imported struct {
	Cluster string `json:"cluster"` // its ID
	Keys    int    `json:"keys"`
}

func (a *app) storeCommand() *cobra.Command {
	return group("store", "Move what a cluster knows from one store to another", a.storeExport(), a.storeImport())
}

func (a *app) storeExport() *cobra.Command {
	var config StoreConfig
	c := &cobra.Command{
		Use:   "export FILE|-",
		Short: "Write the cluster's prefix, identities, nodes' numbers and policies to a file",
		Long: "Write all that the cluster's store has to keep to a file, as it is at one moment: the cluster's\n" +
			"prefix, identities, the numbers of nodes, policies and their history.\n\n" +
			"The agent is asked for it. --etcd asks an etcd instead, and --state reads the embedded\n" +
			"store of a node whose agent does not run.",
		Example: "  hypha store export cluster.store",
		Args:    needs("FILE"),
	}
	storeFlags(c, &config)
	c.RunE = a.run(func(ctx context.Context, args []string) error { return a.exportStore(ctx, config, args[0]) })
	return c
}

func (a *app) exportStore(ctx context.Context, config StoreConfig, file string) error {
	var document bytes.Buffer
	var err error
	if config.State == "" && len(config.Etcd.URLs) == 0 {
		err = a.client().ExportStore(ctx, &document)
	} else {
		err = a.deps.ExportStore(ctx, config, &document)
	}
	switch {
	case err != nil:
		return err
	case file == "-":
		_, err = document.WriteTo(a.out)
		return err
	}
	return atomicfile.Write(file, document.Bytes(), 0o600)
}

func (a *app) storeImport() *cobra.Command {
	var config StoreConfig
	c := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Put an exported store into an etcd that has none",
		Long: "Put an exported store into an etcd below a prefix where nothing is, as a whole or not at all.\n" +
			"The node that it came from joins it with the same --etcd, and keeps its number, its\n" +
			"addresses and its identities. --state puts it into the embedded store of a node instead.",
		Example: "  hypha store import cluster.store --etcd https://10.0.0.1:2379 --etcd-ca ca.pem",
		Args:    needs("FILE"),
	}
	storeFlags(c, &config)
	c.RunE = a.run(func(ctx context.Context, args []string) error {
		if config.State == "" && len(config.Etcd.URLs) == 0 {
			return usagef("--etcd or --state is missing: where shall it go?")
		}
		return a.importStore(ctx, config, args[0])
	})
	return c
}

func (a *app) importStore(ctx context.Context, config StoreConfig, file string) error {
	from, _, err := a.open(file)
	if err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	defer from.Close()
	imported, err := a.deps.ImportStore(ctx, config, from)
	if err != nil {
		return err
	}
	return a.emit(imported, func(p *page) {
		p.linef("imported %s of cluster %s", countText(imported.Keys, "key", "keys"), imported.Cluster)
	})
}

// storeFlags declares which store.
func storeFlags(c *cobra.Command, config *StoreConfig) {
	etcdFlags(c, &config.Etcd)
	c.Flags().StringVar(&config.State, "state", "", "`DIR` of a node whose agent does not run: its embedded store")
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if len(config.Etcd.URLs) > 0 && config.State != "" {
			return usageError{errors.New("--etcd and --state are two stores: give one of them")}
		}
		return nil
	}
}
