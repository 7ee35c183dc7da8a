// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/labels"
)

// open starts an embedded store in dir, closed at the end of the test.
func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Config{Dir: dir, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// patience bounds what must happen, and does: no healthy machine needs as long.
const patience = 30 * time.Second

// eventually polls until ok, and gives up when patience is at an end.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestReopenedStoreKnowsEverything(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := s.JoinCluster(t.Context(), ClusterRequest{})
	if err != nil {
		t.Fatal(err)
	}
	number, _, err := s.AllocateIdentity(t.Context(), labels.Set{"role": "web"})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, doc("shop", `{"a":1}`))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, dir)
	if again, err := s.JoinCluster(t.Context(), ClusterRequest{}); err != nil || again != cluster {
		t.Fatalf("cluster %+v, error %v, was %+v", again, err, cluster)
	}
	if again, _, err := s.AllocateIdentity(t.Context(), labels.Set{"role": "web"}); err != nil || again != number {
		t.Fatal(again, err)
	}
	if set, err := s.Policies(t.Context()); err != nil || set.Revision != 1 || string(set.Docs[0].JSON) != `{"a":1}` {
		t.Fatal(set, err)
	}
}

func TestSecondAgentIsKeptOut(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if _, err := Open(t.Context(), Config{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Fatal(err)
	}
}

// TestDamagedDirectory removes, cuts and overwrites each file of a store. Opening it reports the
// damage, or all data is there; it never ends the process and never hangs.
func TestDamagedDirectory(t *testing.T) {
	whole := t.TempDir()
	s, err := Open(t.Context(), Config{Dir: whole})
	if err != nil {
		t.Fatal(err)
	}
	allocateTwenty(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for name, harm := range map[string]func(data []byte) []byte{
		"removed": func([]byte) []byte { return nil },
		"empty":   func([]byte) []byte { return []byte{} },
		"cut":     func(data []byte) []byte { return data[:len(data)/3] },
		"garbage": func(data []byte) []byte { return bytes.Repeat([]byte("garbage!"), len(data)/8) },
		"tail":    func(data []byte) []byte { return append(data[:100:100], bytes.Repeat([]byte{0xa5}, len(data)-100)...) },
	} {
		for _, file := range filesBelow(t, filepath.Join(whole, "etcd")) {
			t.Run(name+" "+filepath.Base(file), func(t *testing.T) {
				dir := damagedCopy(t, whole, filepath.Join("etcd", file), harm)
				s, err := Open(t.Context(), Config{Dir: dir})
				if err == nil {
					defer s.Close()
					expectTwenty(t, s)
					return
				}
				refused++
				if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "\n") {
					t.Fatal(err)
				}
			})
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
}

// allocateTwenty gives the numbers 256 to 275.
func allocateTwenty(t *testing.T, s *Store) {
	t.Helper()
	for i := range 20 {
		if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"i": fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
}

func expectTwenty(t *testing.T, s *Store) {
	t.Helper()
	for i := range uint32(20) {
		set, _, found, err := s.LookupIdentity(t.Context(), 256+i)
		if err != nil || !found || set["i"] != fmt.Sprint(i) {
			t.Fatalf("%d is %v: found %v, error %v", 256+i, set, found, err)
		}
	}
}

// damagedCopy copies a closed store and harms one file; nil removes it. What an etcd that gave up
// still has open may appear anew while the copy is removed.
func damagedCopy(t *testing.T, whole, file string, harm func([]byte) []byte) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hypha-damaged-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "the copy is removed", func() bool { return os.RemoveAll(dir) == nil })
	})
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if data = harm(data); data == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func filesBelow(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestQuiet: nothing at the default level from the start to the end of a healthy store.
func TestQuiet(t *testing.T) {
	var out bytes.Buffer
	s, err := Open(t.Context(), Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&out, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.NodeNumber(t.Context(), "n1", 255); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 {
		t.Fatal(out.String())
	}
}

func TestStatus(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.NodeNumber(t.Context(), "n1", 255); err != nil {
		t.Fatal(err)
	}
	status := s.Status(t.Context())
	if status.Mode != Embedded || !status.Healthy || status.Keys != 3 || status.Bytes == 0 {
		t.Fatalf("%+v", status)
	}
}

func TestCancelledRequestSaysSo(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.NodeNumber(ctx, "n1", 255)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
}
