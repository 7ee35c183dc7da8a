// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Protocol is an IANA protocol number, as in the IPv4 protocol and IPv6 next header fields.
type Protocol uint8

// The protocols whose ports rules can name.
const (
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
	SCTP   Protocol = 132
)

var (
	// ErrPort is returned for a ports item that can not be read.
	ErrPort = errors.New("broken port")
	// ErrPortRange is returned for a port number that does not exist.
	ErrPortRange = errors.New("port out of range 1-65535")
	// ErrReversed is returned for a range whose end comes before its start.
	ErrReversed = errors.New("port range is turned round")
)

var protocolNames = map[Protocol]string{
	ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPv6: "icmpv6", SCTP: "sctp",
}

// String returns the protocol's name in the policy language, or its number.
func (p Protocol) String() string {
	if name, known := protocolNames[p]; known {
		return name
	}
	return strconv.Itoa(int(p))
}

// ParseProtocol reads the name of a protocol that rules can name: tcp, udp, sctp, icmp, icmpv6.
func ParseProtocol(name string) (Protocol, error) {
	for protocol, known := range protocolNames {
		if name == known {
			return protocol, nil
		}
	}
	return 0, fmt.Errorf("%w: unknown protocol %.40q: use tcp, udp, sctp, icmp or icmpv6", ErrPort, name)
}

// hasPorts reports whether packets of the protocol carry ports; the port of others is 0.
func (p Protocol) hasPorts() bool {
	return p == TCP || p == UDP || p == SCTP
}

// portRange is the ports First to Last of one protocol, both included. 0 <= First <= Last.
type portRange struct {
	Protocol    Protocol
	First, Last uint16
}

// wholeProtocol is every port of p, and port 0 where there are none.
func wholeProtocol(p Protocol) portRange {
	return portRange{Protocol: p, Last: math.MaxUint16}
}

// parsePorts reads a ports list. No item is every protocol: nil.
func parsePorts(items []string) ([]portRange, error) {
	var ranges []portRange
	for _, item := range items {
		parsed, err := parsePort(item)
		if err != nil {
			return nil, fmt.Errorf("%.40q: %w", item, err)
		}
		ranges = append(ranges, parsed...)
	}
	return ranges, nil
}

// parsePort reads "80/tcp", "8000-8999/udp", or a protocol alone. "icmp" is ping as users know
// it: ICMP on IPv4 and ICMPv6 on IPv6.
func parsePort(item string) ([]portRange, error) {
	numbers, name, numbered := strings.Cut(item, "/")
	if !numbered {
		return parseBare(item)
	}
	protocol, err := ParseProtocol(name)
	switch {
	case err != nil:
		return nil, err
	case !protocol.hasPorts():
		return nil, fmt.Errorf("%w: %s has no ports: write %[2]s alone", ErrPort, protocol)
	}
	firstText, lastText, isRange := strings.Cut(numbers, "-")
	first, err := parseNumber(firstText)
	if err != nil {
		return nil, err
	}
	last := first
	if isRange {
		if last, err = parseNumber(lastText); err != nil {
			return nil, err
		}
	}
	if last < first {
		return nil, fmt.Errorf("%w: write %d-%d/%s", ErrReversed, last, first, protocol)
	}
	return []portRange{{protocol, first, last}}, nil
}

// parseBare reads an item without "/": a protocol alone.
func parseBare(item string) ([]portRange, error) {
	if item != "" && strings.Trim(item, "0123456789-") == "" {
		return nil, fmt.Errorf("%w: name the protocol too, such as 80/tcp", ErrPort)
	}
	protocol, err := ParseProtocol(item)
	if err != nil {
		return nil, err
	}
	if protocol == ICMP {
		return []portRange{wholeProtocol(ICMP), wholeProtocol(ICMPv6)}, nil
	}
	return []portRange{wholeProtocol(protocol)}, nil
}

func parseNumber(text string) (uint16, error) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, fmt.Errorf("%w: %.40q is no port number", ErrPort, text)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 {
		return 0, ErrPortRange
	}
	return uint16(number), nil
}
