// SPDX-License-Identifier: Apache-2.0

package datapath

import "fmt"

// Grace returns when every program that is running now has ended: nobody goes on with what was read from a map before. It
// takes some milliseconds. The kernel waits so when an array of maps is changed (maybe_wait_bpf_programs, Linux 5.0): the first
// chunk of counters is put where it is.
func (d *Datapath) Grace() error {
	d.slots.mu.Lock()
	defer d.slots.mu.Unlock()
	if err := d.slots.chunks.Put(uint32(0), d.slots.opened[0]); err != nil {
		return fmt.Errorf("waiting for the programs that run: %w", err)
	}
	return nil
}
