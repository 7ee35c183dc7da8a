// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// damagedSuffix is added to the name of a record that can not be read, to keep it for a person to look at.
const damagedSuffix = ".damaged"

var recordName = regexp.MustCompile(`^[0-9]{5}\.json$`)

// Records is the directory of saved endpoints, one file NNNNN.json each, named by ID. It has one
// writer: the agent that holds the state directory.
type Records struct {
	dir string
}

// OpenRecords makes the directory if it is missing, readable by root alone, and clears away what an
// interrupted Save left behind.
func OpenRecords(dir string) (Records, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Records{}, fmt.Errorf("make directory of endpoint records: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Records{}, fmt.Errorf("read directory of endpoint records: %w", err)
	}
	for _, entry := range entries {
		if !atomicfile.Leftover(entry.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, entry.Name())); err != nil {
			return Records{}, fmt.Errorf("clear away unfinished endpoint record: %w", err)
		}
	}
	return Records{dir}, nil
}

// Save writes e's record in place of an earlier one. When it returns nil the record survives a
// crash and a power cut; on an error the earlier one does. ErrInvalid or ErrName if e can not
// exist.
func (r Records) Save(e Endpoint) error {
	data, err := encode(e)
	if err != nil {
		return err
	}
	return atomicfile.Write(r.path(e.ID), data, 0o600)
}

// Note writes the first record of an endpoint that is about to be made, and waits for no disk: the record outlives this process, and
// a power cut may take it, as it takes from the kernel all that was made of the endpoint. Save follows.
func (r Records) Note(e Endpoint) error {
	data, err := encode(e)
	if err != nil {
		return err
	}
	return atomicfile.Note(r.path(e.ID), data, 0o600)
}

// Delete removes the record. A missing one is no error.
func (r Records) Delete(id ID) error {
	if err := os.Remove(r.path(id)); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("delete endpoint record: %w", err)
	}
	return atomicfile.SyncDir(r.dir)
}

func (r Records) path(id ID) string {
	return filepath.Join(r.dir, fmt.Sprintf("%05d.json", id))
}
