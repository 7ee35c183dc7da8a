// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"sync/atomic"

	"github.com/hypha-net/hypha/internal/atomicfile"
	"github.com/hypha-net/hypha/internal/identity"
)

// prefixNumbers are the identities of the CIDRs that rules name. They count on this node only, and are saved, so that
// counters keep their meaning. A prefix that no rule names any more keeps its number.
type prefixNumbers struct {
	file    string
	numbers map[netip.Prefix]identity.Number
	next    identity.Number
	owners  atomic.Pointer[map[identity.Number]netip.Prefix] // of numbers, for readers
}

// prefix returns the one that has a number, invalid if none has. It may be called at any time.
func (p *prefixNumbers) prefix(number identity.Number) netip.Prefix {
	return (*p.owners.Load())[number]
}

// publish is called after each change of numbers.
func (p *prefixNumbers) publish() {
	owners := make(map[identity.Number]netip.Prefix, len(p.numbers))
	for prefix, number := range p.numbers {
		owners[number] = prefix
	}
	p.owners.Store(&owners)
}

func openPrefixNumbers(file string) (*prefixNumbers, error) {
	p := &prefixNumbers{file: file, numbers: map[netip.Prefix]identity.Number{}, next: identity.FirstCIDR}
	data, err := os.ReadFile(file)
	if err == nil {
		err = p.decode(data)
	}
	p.publish()
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the numbers of prefixes: %w (remove %s to start anew: statistics of prefixes mix then)", err, file)
	}
	return p, nil
}

// decode refuses numbers that would take a prefix for somebody else: for the host, a label set, another prefix.
func (p *prefixNumbers) decode(data []byte) error {
	var saved map[netip.Prefix]identity.Number
	if err := json.Unmarshal(data, &saved); err != nil {
		return err
	}
	owners := map[identity.Number]netip.Prefix{}
	for prefix, number := range saved {
		if other, taken := owners[number]; taken || !number.IsCIDR() {
			return fmt.Errorf("%s can not have number %d (%v)", prefix, uint32(number), other)
		}
		owners[number] = prefix
		p.numbers[prefix] = number
		p.next = max(p.next, number+1)
	}
	return nil
}

// of returns the numbers of these prefixes, new ones where they have none.
func (p *prefixNumbers) of(prefixes []netip.Prefix) (map[netip.Prefix]identity.Number, error) {
	of, fresh := p.foresee(prefixes)
	if len(fresh) == 0 {
		return of, nil
	}
	numbers := maps.Clone(p.numbers)
	maps.Copy(numbers, fresh)
	data, err := json.MarshalIndent(numbers, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the numbers of prefixes: %w", err)
	}
	if err := atomicfile.Write(p.file, data, 0o600); err != nil {
		return nil, err
	}
	p.numbers, p.next = numbers, p.next+identity.Number(len(fresh))
	p.publish()
	return of, nil
}

// foresee is of without giving the new ones, fresh, to anybody.
func (p *prefixNumbers) foresee(prefixes []netip.Prefix) (of, fresh map[netip.Prefix]identity.Number) {
	of, fresh = make(map[netip.Prefix]identity.Number, len(prefixes)), map[netip.Prefix]identity.Number{}
	for _, prefix := range prefixes {
		number, known := p.numbers[prefix]
		if !known {
			number = p.next + identity.Number(len(fresh))
			fresh[prefix] = number
		}
		of[prefix] = number
	}
	return of, fresh
}
