// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

var (
	// ErrPort is returned for a ports item that can not be read.
	ErrPort = errors.New("broken port")
	// ErrPortRange is returned for a port number that does not exist.
	ErrPortRange = errors.New("port out of range 1-65535")
	// ErrReversed is returned for a range whose end comes before its start.
	ErrReversed = errors.New("port range is turned round")
)

// portRange is the ports First to Last of one protocol, both included. 0 <= First <= Last. The port of
// ICMP and ICMPv6 is the type, that of protocols that rules can not name is 0.
type portRange struct {
	Protocol    Protocol
	First, Last uint16
}

// wholeProtocol is every port of p, and port 0 where there are none.
func wholeProtocol(p Protocol) portRange {
	return portRange{Protocol: p, Last: math.MaxUint16}
}

func (r portRange) contains(p Protocol, port uint16) bool {
	return r.Protocol == p && r.First <= port && port <= r.Last
}

// portItem is what an item of a ports list is about: a range, or what the provider calls by a name.
type portItem struct {
	portRange        // of a named port the whole protocol
	name      string // "" if it is a range
}

// parsePorts reads a ports list. No item is every protocol: nil.
func parsePorts(items []string) ([]portItem, error) {
	var ports []portItem
	for i, item := range items {
		parsed, err := parsePort(item)
		if err != nil {
			return nil, at(err, fmt.Sprintf("%.40q", item), i)
		}
		ports = append(ports, parsed...)
	}
	return ports, nil
}

// parsePort reads "80/tcp", "8000-8999/udp", "http/tcp", "8/icmp", "echo-request/icmp", or a protocol alone.
func parsePort(item string) ([]portItem, error) {
	which, name, qualified := strings.Cut(item, "/")
	if !qualified {
		return parseBare(item)
	}
	protocol, err := ParseProtocol(name)
	switch {
	case err != nil:
		return nil, err
	case !protocol.hasPorts():
		return parseTypes(which, protocol)
	case IsPortName(which):
		return []portItem{{wholeProtocol(protocol), which}}, nil
	}
	r, err := parseRange(which, protocol, parseNumber)
	if err != nil {
		return nil, err
	}
	return []portItem{{portRange: r}}, nil
}

// parseBare reads an item without "/": a protocol alone. "icmp" is ping as users know it: ICMP on IPv4
// and ICMPv6 on IPv6.
func parseBare(item string) ([]portItem, error) {
	if item != "" && strings.Trim(item, "0123456789-") == "" {
		return nil, fmt.Errorf("%w: name the protocol too, such as 80/tcp", ErrPort)
	}
	protocol, err := ParseProtocol(item)
	if err != nil {
		return nil, err
	}
	items := []portItem{{portRange: wholeProtocol(protocol)}}
	if protocol == ICMP {
		items = append(items, portItem{portRange: wholeProtocol(ICMPv6)})
	}
	return items, nil
}

// parseRange reads "80" or "8000-8999", each number by parse.
func parseRange(text string, protocol Protocol, parse func(string) (uint16, error)) (portRange, error) {
	firstText, lastText, isRange := strings.Cut(text, "-")
	first, err := parse(firstText)
	if err != nil {
		return portRange{}, err
	}
	last := first
	if isRange {
		if last, err = parse(lastText); err != nil {
			return portRange{}, err
		}
	}
	if last < first {
		return portRange{}, fmt.Errorf("%w: write %d-%d/%s", ErrReversed, last, first, protocol)
	}
	return portRange{protocol, first, last}, nil
}

// parseNumber reads a port number, 1 to 65535.
func parseNumber(text string) (uint16, error) {
	if !isDigits(text) {
		return 0, fmt.Errorf("%w: %.40q is no port number, and no name of one (a-z, 0-9, -, at most 15)", ErrPort, text)
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 {
		return 0, ErrPortRange
	}
	return uint16(number), nil
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
