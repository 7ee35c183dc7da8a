// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/hypha-net/hypha/api"
)

func TestClientWithoutAgent(t *testing.T) {
	_, err := api.NewClient(filepath.Join(t.TempDir(), "none")).Status(t.Context())
	if !errors.Is(err, api.ErrNotRunning) {
		t.Errorf("Status = %v, want ErrNotRunning", err)
	}
}
