// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"encoding/json"
	"errors"
	"fmt"
)

// recordVersion is the schema of what Save writes. It grows when an older agent would misread the
// record; a field that an older agent may ignore does not change it.
const recordVersion = 1

var (
	// ErrDamaged is returned for a record that is not what Save wrote.
	ErrDamaged = errors.New("damaged endpoint record")
	// ErrNewer is returned for a record of a later version of Hypha. The file stays as it is.
	ErrNewer = errors.New("endpoint record of a newer version of hypha")
)

// record is the file format: {"version": 1, "endpoint": {...}}.
type record struct {
	Version  int             `json:"version"`
	Endpoint json.RawMessage `json:"endpoint"`
}

// encode writes e's record, as text that a person can read.
func encode(e Endpoint) ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	inner, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode endpoint %s: %w", e.Name, err)
	}
	data, err := json.MarshalIndent(record{recordVersion, inner}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode endpoint %s: %w", e.Name, err)
	}
	return append(data, '\n'), nil
}

// decode reads a record: ErrDamaged or ErrNewer if it can not be used.
func decode(data []byte) (Endpoint, error) {
	var outer record
	if err := json.Unmarshal(data, &outer); err != nil {
		return Endpoint{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if outer.Version > recordVersion {
		return Endpoint{}, fmt.Errorf("%w: record version %d, this one reads up to %d", ErrNewer, outer.Version, recordVersion)
	}
	if outer.Version < 1 {
		return Endpoint{}, fmt.Errorf("%w: record version %d", ErrDamaged, outer.Version)
	}
	var e Endpoint
	if err := json.Unmarshal(outer.Endpoint, &e); err != nil {
		return Endpoint{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := e.Validate(); err != nil {
		return Endpoint{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return e, nil
}
