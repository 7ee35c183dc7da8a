// SPDX-License-Identifier: Apache-2.0

package datapath

// SharedMemory is what the maps that all programs share take in the kernel, the counters included, in bytes, as far as the kernel says
// so. TableSizes has the others.
func (d *Datapath) SharedMemory() (bytes uint64) {
	for _, m := range d.maps.byName {
		bytes += memory(m)
	}
	return bytes + d.slots.fill().Bytes
}
