// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/identity"
)

// knownIdentities is the bit set of label-set identities that programs take for known. What the kernel has is kept here, too: a
// change writes the words that it changes, and no others.
type knownIdentities struct {
	bits *ebpf.Map

	mu    sync.Mutex
	words []uint64 // bit n%64 of word n/64
}

func openKnown(bits *ebpf.Map) (*knownIdentities, error) {
	k := &knownIdentities{bits: bits, words: make([]uint64, bits.MaxEntries())}
	err := eachEntry(bits, func(i uint32, word uint64) bool {
		k.words[i] = word
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading the known identities: %w", err)
	}
	return k, nil
}

// SetKnown tells the kernel of label-set identities that came (true) or went. Others are always known.
//
// A new identity is known after its rows are in the tables, and a gone one is forgotten before they go: else the tables'
// default would speak about it.
func (d *Datapath) SetKnown(changes map[identity.Number]bool) error {
	d.known.mu.Lock()
	defer d.known.mu.Unlock()
	words := map[uint32]uint64{}
	for id, known := range changes {
		if !id.IsLabelSet() {
			continue
		}
		i, bit := uint32(id/64), uint64(1)<<(id%64)
		word, changed := words[i]
		if !changed {
			word = d.known.words[i]
		}
		if word |= bit; !known {
			word &^= bit
		}
		words[i] = word
	}
	return d.known.write(words)
}

// SyncKnown makes all the label-set identities that there are, and no others, known.
func (d *Datapath) SyncKnown(all map[identity.Number]struct{}) error {
	wanted := make([]uint64, len(d.known.words))
	for id := range all {
		if id.IsLabelSet() {
			wanted[id/64] |= 1 << (id % 64)
		}
	}
	d.known.mu.Lock()
	defer d.known.mu.Unlock()
	words := map[uint32]uint64{}
	for i, word := range wanted {
		words[uint32(i)] = word
	}
	return d.known.write(words)
}

// write writes words that differ from what the kernel has. k.mu is held.
func (k *knownIdentities) write(words map[uint32]uint64) error {
	var indexes []uint32
	var values []uint64
	for i, word := range words {
		if k.words[i] != word {
			indexes, values = append(indexes, i), append(values, word)
		}
	}
	if len(indexes) == 0 {
		return nil
	}
	n, err := k.bits.BatchUpdate(indexes, values, nil)
	for i, index := range indexes[:n] {
		k.words[index] = values[i]
	}
	if err != nil {
		return fmt.Errorf("telling the kernel which identities there are: %w", err)
	}
	return nil
}

// has reads from the kernel whether programs take an identity for known.
func (k *knownIdentities) has(id identity.Number) (bool, error) {
	if !id.IsLabelSet() {
		return id != 0, nil
	}
	var word uint64
	if err := k.bits.Lookup(uint32(id/64), &word); err != nil {
		return false, fmt.Errorf("asking whether identity %s is known: %w", id, err)
	}
	return word>>(id%64)&1 == 1, nil
}
