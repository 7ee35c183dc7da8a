// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// changed is one line of the record: a setting that was different before we set it.
type changed struct {
	Sysctl string `json:"sysctl"` // path below /proc/sys
	Before string `json:"before"`
	Ours   string `json:"ours"`
}

func (f Forwarding) load() (record []changed, err error) {
	data, err := os.ReadFile(f.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &record)
	}
	if err != nil {
		return nil, fmt.Errorf("reading changed sysctls from %s: %w", f.File, err)
	}
	return record, nil
}

func (f Forwarding) save(record []changed) error {
	data, err := json.MarshalIndent(record, "", "\t")
	if err == nil {
		err = atomicfile.Write(f.File, append(data, '\n'), 0o600)
	}
	if err != nil {
		return fmt.Errorf("recording changed sysctls: %w", err)
	}
	return nil
}
