// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The ICMP types of echo requests: nothing else opens a flow.
const (
	echo4 = 8
	echo6 = 128
)

// ports says whether an item covers a flow's port. Against decides about names that are not known yet.
type ports func(f flow, against bool) bool

var digits = regexp.MustCompile(`^[0-9]+$`)

// portItem reads an item of a policy's ports.
func portItem(text string) ports {
	port, protocol, ported := strings.Cut(text, "/")
	switch {
	case !ported && text == "icmp":
		return func(f flow, _ bool) bool { return f.protocol == "icmp" || f.protocol == "icmpv6" }
	case !ported:
		return func(f flow, _ bool) bool { return f.protocol == text }
	case port == "echo-request":
		return func(f flow, _ bool) bool {
			return f.protocol == "icmpv6" && f.port == echo6 || protocol == "icmp" && f.protocol == "icmp" && f.port == echo4
		}
	}
	first, last, ranged := strings.Cut(port, "-")
	if !digits.MatchString(first) || ranged && !digits.MatchString(last) {
		return namedPort(port, protocol)
	}
	if !ranged {
		last = first
	}
	return numbers(protocol, number(first), number(last))
}

func number(text string) int { n, _ := strconv.Atoi(text); return n }

func numbers(protocol string, first, last int) ports {
	return func(f flow, _ bool) bool { return f.protocol == protocol && first <= f.port && f.port <= last }
}

// namedPort is what the provider's own label says.
func namedPort(name, protocol string) ports {
	return func(f flow, against bool) bool {
		if f.protocol != protocol {
			return false
		}
		if f.to.kind == anInit {
			return against
		}
		value := f.to.labels["port/"+name]
		return f.to.kind == anEndpoint && digits.MatchString(value) && number(value) >= 1 && number(value) == f.port
	}
}

// covered: no items are all ports.
func covered(items []ports, f flow, against bool) bool {
	return len(items) == 0 || slices.ContainsFunc(items, func(covers ports) bool { return covers(f, against) })
}
