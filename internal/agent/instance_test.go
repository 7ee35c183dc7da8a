// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestInstance: the same directory is the same instance at the same place, for one agent at a time; a copy is the same one elsewhere.
func TestInstance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "instance")
	first, err := openInstance(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openInstance(path); !errors.Is(err, ErrStateInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openInstance(path)
	if err != nil || again.id != first.id || again.place != first.place || len(first.id) != 32 {
		t.Fatalf("%+v after %+v, %v", again, first, err)
	}
	defer again.close()

	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copyPath := filepath.Join(t.TempDir(), "instance")
	if err := os.WriteFile(copyPath, content, 0o600); err != nil {
		t.Fatal(err)
	}
	copied, err := openInstance(copyPath)
	if err != nil || copied.id != first.id || copied.place == first.place {
		t.Fatalf("the copy is %+v of %+v, %v", copied, first, err)
	}
	defer copied.close()
	fresh, err := openInstance(filepath.Join(t.TempDir(), "instance"))
	if err != nil || fresh.id == first.id {
		t.Fatalf("a new one is %+v, %v", fresh, err)
	}
	fresh.close()
}
