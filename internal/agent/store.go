// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"io"
	"path/filepath"

	"github.com/hypha-net/hypha/internal/store"
)

// StoreDir is where the embedded store of a node is, below its state directory.
func StoreDir(state string) string { return filepath.Join(state, "store") }

// ExportStore writes the cluster's store, as it is at one moment.
func (a *Agent) ExportStore(ctx context.Context, w io.Writer) (store.Exported, error) {
	return a.store.Export(ctx, w)
}
