// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
)

// checkDatabase reads all of etcd's database once, if there is one. etcd opens it in a goroutine
// whose panic nobody can stop, and waits for ever when the log behind it is gone, so damage must be
// found before.
func checkDatabase(data string) error {
	path := filepath.Join(data, "member", "snap", "db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if logs, err := filepath.Glob(filepath.Join(data, "member", "wal", "*.wal")); err != nil || len(logs) == 0 {
		return errors.New("there is a database, but no log")
	}
	return readDatabase(path, func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			return readAll(bucket)
		})
	})
}

// readDatabase lets read look at the database at path while etcd does not run.
func readDatabase(path string, read func(*bolt.Tx) error) error {
	return guard(func() error {
		db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
		if err != nil {
			return fmt.Errorf("open %s: %w", path, err)
		}
		defer db.Close()
		return db.View(read)
	})
}

// readAll touches each key and value, one byte a page at least.
func readAll(bucket *bolt.Bucket) error {
	sum := byte(0)
	return bucket.ForEach(func(key, value []byte) error {
		for _, bytes := range [][]byte{key, value} {
			for at := 0; at < len(bytes); at += 4096 {
				sum ^= bytes[at]
			}
		}
		return nil
	})
}

// guard runs open, and returns as an error what else would end the process: a panic, and a fault in
// mapped memory where the file is shorter than it says.
func guard(open func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("it can not be read: %v", cause)
		}
	}()
	return open()
}
