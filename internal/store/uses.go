// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
)

// Uses is what a node tells the others about the numbers of label sets.
type Uses struct {
	Used      []uint32 // its endpoints have these; in order
	Forgotten int64    // the revision up to which it has forgotten who has lost a number, in its kernel too
}

// written is Uses as it is in the store. A node with a thousand label sets of a hundred thousand writes some three bytes for each.
type written struct {
	Forgotten int64    `json:"forgotten"`
	Steps     []uint32 `json:"steps,omitempty"` // from 0 to the first number, and from each to the next
}

func (u Uses) encode() (string, error) {
	w, last := written{Forgotten: u.Forgotten}, uint32(0)
	for _, number := range u.Used {
		w.Steps = append(w.Steps, number-last)
		last = number
	}
	value, err := json.Marshal(w)
	if err != nil {
		return "", fmt.Errorf("encode which identities this node uses: %w", err)
	}
	return string(value), nil
}

// parseUses reads what encode has written; where names it in the error.
func parseUses(where string, value []byte) (Uses, error) {
	var w written
	if err := json.Unmarshal(value, &w); err != nil {
		return Uses{}, fmt.Errorf("%w: %s: %w", ErrCorrupt, where, err)
	}
	u, last := Uses{Forgotten: w.Forgotten}, uint32(0)
	for _, step := range w.Steps {
		last += step
		u.Used = append(u.Used, last)
	}
	return u, nil
}
