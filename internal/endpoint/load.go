// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// LoadAll returns the saved endpoints in order of ID. One bad record does not keep the others from
// loading: it is set aside as NNNNN.json.damaged and reported in bad (ErrDamaged), or left in place
// if it is of a newer version (ErrNewer). err says that the directory itself can not be read.
func (r Records) LoadAll() (endpoints []Endpoint, bad []error, err error) {
	entries, err := os.ReadDir(r.dir) // sorted by name, so by ID
	if err != nil {
		return nil, nil, fmt.Errorf("read directory of endpoint records: %w", err)
	}
	for _, entry := range entries {
		if !recordName.MatchString(entry.Name()) {
			continue
		}
		e, err := r.load(entry.Name())
		if errors.Is(err, errUnsaved) {
			continue
		}
		if err != nil {
			bad = append(bad, err)
			continue
		}
		endpoints = append(endpoints, e)
	}
	return endpoints, bad, nil
}

// errUnsaved is a record that Note wrote and a power cut has emptied: nothing is left of its endpoint, and nobody was told of it.
var errUnsaved = errors.New("the endpoint was not made")

// load reads one record, and sets it aside if it is damaged. An empty one goes: errUnsaved.
func (r Records) load(name string) (Endpoint, error) {
	path := filepath.Join(r.dir, name)
	data, err := os.ReadFile(path)
	if err != nil {
		return Endpoint{}, fmt.Errorf("read endpoint record: %w", err)
	}
	if len(data) == 0 {
		return Endpoint{}, cmp.Or(os.Remove(path), errUnsaved)
	}
	e, err := decode(data)
	if err == nil && path != r.path(e.ID) {
		err = fmt.Errorf("%w: it is that of endpoint %d", ErrDamaged, e.ID)
	}
	if errors.Is(err, ErrDamaged) {
		return Endpoint{}, setAside(path, err)
	}
	if err != nil {
		return Endpoint{}, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// setAside renames the file and says so.
func setAside(path string, why error) error {
	aside := path + damagedSuffix
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("%s: %w; and it can not be set aside: %w", path, why, err)
	}
	return fmt.Errorf("%s: %w; kept as %s", path, why, aside)
}
