// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/internal/policy"
)

var errPortOrder = errors.New("port classes are not sorted and disjoint")

// portKey puts protocol and port into one number: 24 bits, protocol first.
func portKey(p policy.Protocol, port uint16) uint32 {
	return uint32(p)<<16 | uint32(port)
}

// segment is the keys from start to where the next segment starts.
type segment struct {
	start uint32
	class int
}

// segments cover all keys. Neighbours have different classes.
type segments []segment

// segmentsOf fills the gaps between port classes with class 0. Ranges that touch and are of one class become
// one, across protocols too.
func segmentsOf(ports []policy.PortClass) (segments, error) {
	s := segments{{start: 0, class: 0}}
	free := uint32(0) // first key after the classes so far
	for _, p := range ports {
		first, last := portKey(p.Protocol, p.First), portKey(p.Protocol, p.Last)
		if last < first || first < free {
			return nil, fmt.Errorf("%w: at %s %d-%d", errPortOrder, p.Protocol, p.First, p.Last)
		}
		free = last + 1
		s = s.from(first, p.Class).from(free, 0)
	}
	return s, nil
}

// from says that all from start on is of class. start is not before the start of the last segment.
func (s segments) from(start uint32, class int) segments {
	if end := len(s) - 1; s[end].start == start {
		s = s[:end]
	}
	if end := len(s) - 1; end >= 0 && s[end].class == class {
		return s
	}
	return append(s, segment{start, class})
}
