// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// portSetOf reads "tcp, 80/udp"; "all" is everything.
func portSetOf(t testing.TB, text string) portSet {
	t.Helper()
	switch text {
	case "":
		return nil
	case "all":
		return portSet{{0, lineEnd}}
	}
	ports, err := parsePorts(strings.Split(text, ", "))
	if err != nil {
		t.Fatal(err)
	}
	var ranges []portRange
	for _, item := range ports {
		ranges = append(ranges, item.portRange)
	}
	return portsOf(ranges)
}

func TestPortSetIsWrittenAsPeopleWritePorts(t *testing.T) {
	for _, c := range []struct{ set, minus, want string }{
		{"", "", ""},
		{"all", "", "all ports"},
		{"all", "80/tcp, icmp", "all ports but 80/tcp, icmp"},
		{"80/tcp", "", "80/tcp"},
		{"80/tcp, 81/tcp, 90/tcp", "", "80-81/tcp, 90/tcp"},
		{"80/tcp", "80/tcp", ""},
		{"1-100/tcp", "50/tcp", "1-49/tcp, 51-100/tcp"},
		{"tcp", "1-65534/tcp", "0/tcp, 65535/tcp"},
		{"tcp, 53/udp", "", "tcp, 53/udp"},
		{"1-65535/tcp", "", "tcp"},
		{"tcp", "2-65535/tcp", "1/tcp"},
		{"sctp", "", "sctp"},
		{"icmp", "", "icmp"},
		{"icmpv6", "", "icmpv6"},
		{"icmp", "icmpv6", "0-255/icmp"},
		{"icmp", "8/icmp", "0-7/icmp, 9-255/icmp, icmpv6"},
		{"echo-request/icmp", "", "8/icmp, 128/icmpv6"},
	} {
		got := strings.Join(portSetOf(t, c.set).minus(portSetOf(t, c.minus)).items(), ", ")
		if got != c.want {
			t.Errorf("%s less %s: %s, want %s", c.set, c.minus, got, c.want)
		}
	}
}

func TestPortSetDifference(t *testing.T) {
	const points = 24
	draw := func(t *rapid.T, name string) (set portSet, has [points]bool) {
		for at := range uint32(points) {
			if has[at] = rapid.Bool().Draw(t, name); has[at] {
				set.add(span{at, at + 1})
			}
		}
		return set, has
	}
	rapid.Check(t, func(t *rapid.T) {
		a, inA := draw(t, "a")
		b, inB := draw(t, "b")
		var want portSet
		for at := range uint32(points) {
			if inA[at] && !inB[at] {
				want.add(span{at, at + 1})
			}
		}
		if got := a.minus(b); !slices.Equal(got, want) {
			t.Fatalf("%v less %v: %v, want %v", a, b, got, want)
		}
	})
}
