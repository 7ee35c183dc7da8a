// SPDX-License-Identifier: Apache-2.0

package atomicfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

func TestWriteReplacesContentAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.json")
	for _, test := range []struct {
		data string
		perm os.FileMode
	}{{"first, and long", 0o600}, {"second", 0o644}, {"", 0o666}} {
		if err := atomicfile.Write(path, []byte(test.data), test.perm); err != nil {
			t.Fatal(err)
		}
		expectFile(t, path, test.data, test.perm)
	}
}

func TestNoteReplacesContentAndMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.json")
	for _, data := range []string{"first, and long", "second"} {
		if err := atomicfile.Note(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		expectFile(t, path, data, 0o600)
	}
	expectEntries(t, filepath.Dir(path), "record.json")
}

func TestFailedWriteKeepsTheOldFileAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "child"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("x"), 0o600); err == nil {
		t.Fatal("a file replaced a directory that is not empty")
	}
	expectEntries(t, dir, "taken")

	if err := atomicfile.Write(filepath.Join(dir, "missing", "file"), nil, 0o600); err == nil {
		t.Fatal("wrote into a directory that does not exist")
	}
}

// TestReadersSeeOneWholeVersion reads while writers replace: each read must be one writer's whole
// content.
func TestReadersSeeOneWholeVersion(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	version := func(writer byte) []byte { return bytes.Repeat([]byte{writer}, 100_000) }
	if err := atomicfile.Write(path, version('a'), 0o600); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, writer := range []byte("bcd") {
		writers.Go(func() {
			for range 20 {
				if err := atomicfile.Write(path, version(writer), 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 200 {
		data, err := os.ReadFile(path)
		if err != nil || len(data) == 0 || !bytes.Equal(data, version(data[0])) {
			t.Fatalf("read %d bytes of a mixture, error %v", len(data), err)
		}
	}
	writers.Wait()
	expectEntries(t, dir, "file")
}

func TestLeftover(t *testing.T) {
	for name, want := range map[string]bool{
		".00001.json.tmp-123": true, "00001.json": false, ".hidden": false, "a.tmp-1": false,
	} {
		if got := atomicfile.Leftover(name); got != want {
			t.Errorf("Leftover(%q) = %v", name, got)
		}
	}
}

func expectFile(t *testing.T, path, data string, perm os.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != data {
		t.Fatalf("read %q, error %v, want %q", got, err, data)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != perm {
		t.Fatalf("mode %v, error %v, want %v", info.Mode(), err, perm)
	}
}

func expectEntries(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(want) {
		t.Fatalf("%s holds %v, error %v, want %v", dir, entries, err, want)
	}
	for i, entry := range entries {
		if entry.Name() != want[i] {
			t.Fatalf("%s holds %v, want %v", dir, entries, want)
		}
	}
}
