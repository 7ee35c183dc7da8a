// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// completeFile, beside etcd's data, says that the store was made to its end. etcd that is killed in the middle of its very
// first start leaves a log in which it is not yet a member of itself, and then waits for ever for somebody to elect it.
const completeFile = "complete"

// markComplete is called when something worth keeping is in the embedded store.
func (s *Store) markComplete() error {
	if s.server == nil {
		return nil
	}
	path := filepath.Join(s.dir, completeFile)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return atomicfile.Write(path, nil, 0o600)
}

// setAsideIncomplete makes room for a new store where one was never finished: nothing says that it was, and no key is in
// its database. It is kept as etcd.incomplete, the last one only.
func (s *Store) setAsideIncomplete(data string) error {
	if _, err := os.Stat(filepath.Join(s.dir, completeFile)); err == nil {
		return nil
	}
	if empty, err := emptyDatabase(data); err != nil || !empty {
		return nil // nothing there, a copy without the mark, or damage: whoever reads it says which
	}
	aside := data + ".incomplete"
	if err := errors.Join(os.RemoveAll(aside), os.Rename(data, aside)); err != nil {
		return fmt.Errorf("set a store aside that was never finished: %w", err)
	}
	s.log.Info("the store's first start had not come to its end: it is made anew", "set aside", aside)
	return nil
}

// emptyDatabase reports whether there is a database of etcd's, and no key of a user of etcd in it. Without a database the log
// may have everything.
func emptyDatabase(data string) (empty bool, err error) {
	path := filepath.Join(data, "member", "snap", "db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	empty = true
	err = readDatabase(path, func(tx *bolt.Tx) error {
		if bucket := tx.Bucket([]byte("key")); bucket != nil {
			key, _ := bucket.Cursor().First()
			empty = key == nil
		}
		return nil
	})
	return empty, err
}
