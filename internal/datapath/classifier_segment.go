// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/internal/policy"
)

var errPortOrder = errors.New("port classes are not sorted and disjoint")

// serviceOf is what the judge asks the classifier about, service_of() in bpf/service.h: 25 bits, direction and protocol first.
func (d direction) serviceOf(p policy.Protocol, port uint16) uint32 {
	return d.service() | uint32(p)<<16 | uint32(port)
}

// segment is the services from start to where the next segment starts. Its class has the direction's mark.
type segment struct {
	start uint32
	class uint32
}

// segments cover all services. Neighbours have different classes.
type segments []segment

// segmentsOf are those of both directions' ports, which are sorted and disjoint, as policy.Table has them. ErrTooManyPorts, errPortOrder.
func segmentsOf(in, out []policy.PortClass) (segments, error) {
	s, err := segments(nil).with(ingress, in)
	if err != nil {
		return nil, err
	}
	return s.with(egress, out)
}

// with appends a direction: the gaps between port classes are of class 0. Ranges that touch and are of one class become one, across
// protocols too.
func (s segments) with(d direction, ports []policy.PortClass) (segments, error) {
	before := len(s)
	free := d.service() // first service after the classes so far
	s = s.from(free, d.class())
	for _, p := range ports {
		first, last := d.serviceOf(p.Protocol, p.First), d.serviceOf(p.Protocol, p.Last)
		if last < first || first < free {
			return nil, fmt.Errorf("%w: at %s %d-%d", errPortOrder, p.Protocol, p.First, p.Last)
		}
		free = last + 1
		s = s.from(first, d.class()|uint32(p.Class)).from(free, d.class())
	}
	if count := len(s) - before; count > maxSegments {
		return nil, fmt.Errorf("%w: %d, with the gaps between them, and a program has at most %d: name fewer different ranges",
			ErrTooManyPorts, count, maxSegments)
	}
	return s, nil
}

// from says that all from start on is of class. start is not before the start of the last segment.
func (s segments) from(start, class uint32) segments {
	if end := len(s) - 1; end >= 0 && s[end].start == start {
		s = s[:end]
	}
	if end := len(s) - 1; end >= 0 && s[end].class == class {
		return s
	}
	return append(s, segment{start, class})
}
