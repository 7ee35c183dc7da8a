// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strconv"
)

// ErrICMPType is returned for an ICMP type that does not exist.
var ErrICMPType = fmt.Errorf("%w: ICMP type out of range 0-255", ErrPort)

// The types that open a flow: ping, RFC 792 and RFC 4443.
const (
	echoRequest   = 8
	echoRequestV6 = 128
	echoName      = "echo-request"
)

// EchoRequest returns the type of the request that opens a flow, and stands for its port in tables and questions; false if
// the protocol is neither ICMP nor ICMPv6.
func (p Protocol) EchoRequest() (port uint16, icmp bool) {
	switch p {
	case ICMP:
		return echoRequest, true
	case ICMPv6:
		return echoRequestV6, true
	}
	return 0, false
}

// parseTypes reads what stands before /icmp or /icmpv6: a type, a range of types, or echo-request. As icmp
// alone, echo-request/icmp is about both families; a number is about the one whose numbering it is of.
func parseTypes(text string, protocol Protocol) ([]portItem, error) {
	if text == echoName {
		items := []portItem{{portRange: portRange{ICMPv6, echoRequestV6, echoRequestV6}}}
		if protocol == ICMP {
			items = append(items, portItem{portRange: portRange{ICMP, echoRequest, echoRequest}})
		}
		return items, nil
	}
	r, err := parseRange(text, protocol, parseType)
	if err != nil {
		return nil, err
	}
	return []portItem{{portRange: r}}, nil
}

func parseType(text string) (uint16, error) {
	if !isDigits(text) {
		return 0, fmt.Errorf("%w: %.40q is no ICMP type: write its number, or %s", ErrPort, text, echoName)
	}
	number, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return 0, ErrICMPType
	}
	return uint16(number), nil
}

// opens reports whether an ICMP type in the range can be the first of a flow: only an echo request is,
// all else answers one or is about another flow.
func (r portRange) opens() bool {
	switch r.Protocol {
	case ICMP:
		return r.contains(ICMP, echoRequest)
	case ICMPv6:
		return r.contains(ICMPv6, echoRequestV6)
	}
	return true
}
