// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"math"
	"testing"

	"github.com/cilium/ebpf"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/policy"
)

// naiveClass looks at every range.
func naiveClass(ports []policy.PortClass, protocol policy.Protocol, port uint16) int {
	for _, p := range ports {
		if p.Protocol == protocol && p.First <= port && port <= p.Last {
			return p.Class
		}
	}
	return 0
}

// edges are the ports at which something may change.
func edges(p policy.PortClass) []uint16 {
	return []uint16{p.First - 1, p.First, p.First + (p.Last-p.First)/2, p.Last, p.Last + 1}
}

// ports are those of both directions.
type ports [2][]policy.PortClass

// compare holds kernel and naive evaluator together at edges of every step-th range, in both directions.
func (all ports) compare(t rapid.TB, program *ebpf.Program, step int) {
	t.Helper()
	for _, d := range []direction{ingress, egress} {
		for i := 0; i < len(all[d]); i += step {
			for _, port := range append(edges(all[d][i]), 0, math.MaxUint16) {
				for _, protocol := range []policy.Protocol{all[d][i].Protocol - 1, all[d][i].Protocol, all[d][i].Protocol + 1} {
					all.ask(t, program, d, protocol, port)
				}
			}
		}
	}
}

// ask is one question of compare.
func (all ports) ask(t rapid.TB, program *ebpf.Program, d direction, protocol policy.Protocol, port uint16) {
	t.Helper()
	got, want := kernelClass(t, program, d.serviceOf(protocol, port)), d.class()|uint32(naiveClass(all[d], protocol, port))
	if got != want {
		t.Fatalf("%d and %d ranges: direction %d protocol %d port %d: kernel says class %#x, want %#x",
			len(all[ingress]), len(all[egress]), d, protocol, port, got, want)
	}
}

// drawPorts draws sorted, disjoint ranges; many touch, and many neighbours are of one class.
func drawPorts(t *rapid.T) []policy.PortClass {
	var ports []policy.PortClass
	class := rapid.OneOf(rapid.IntRange(1, 3), rapid.IntRange(1, mostClasses))
	for _, protocol := range []policy.Protocol{0, policy.ICMP, policy.TCP, 7, policy.UDP, policy.ICMPv6, policy.SCTP, 255} {
		for next := 0; next <= math.MaxUint16 && rapid.IntRange(0, 4).Draw(t, "more") > 0; {
			first := next + rapid.SampledFrom([]int{0, 0, 1, 2, 1000, 30000}).Draw(t, "gap")
			last := first + rapid.SampledFrom([]int{0, 0, 1, 999, math.MaxUint16}).Draw(t, "length")
			if first > math.MaxUint16 {
				break
			}
			last = min(last, math.MaxUint16)
			ports = append(ports, policy.PortClass{
				Protocol: protocol, First: uint16(first), Last: uint16(last), Class: class.Draw(t, "class"),
			})
			next = last + 1
		}
	}
	return ports
}

// everySecond returns count ranges of one port, with gaps of one port, and classes that differ.
func everySecond(count int) (ports []policy.PortClass) {
	protocols := []policy.Protocol{policy.TCP, policy.UDP, policy.SCTP}
	for i := range count {
		port := uint16(2 * i)
		ports = append(ports, policy.PortClass{
			Protocol: protocols[i>>15], First: port, Last: port, Class: 1 + i%(mostClasses),
		})
	}
	return ports
}

func TestClassifierIsNaiveEvaluation(t *testing.T) {
	needBPF(t)
	rapid.Check(t, func(t *rapid.T) {
		all := ports{drawPorts(t), drawPorts(t)}
		protocol, port := policy.Protocol(rapid.Uint8().Draw(t, "protocol")), rapid.Uint16().Draw(t, "port")
		for _, load := range []func(rapid.TB, ports) *ebpf.Program{loadClassifier, loadSum} {
			program := load(t, all)
			defer program.Close()
			all.compare(t, program, 1)
			all.ask(t, program, ingress, protocol, port)
			all.ask(t, program, egress, protocol, port)
		}
	})
}

// A jump reaches no further than 32767 instructions: the larger ones are chains of trees.
func TestLargeClassifiers(t *testing.T) {
	needBPF(t)
	for _, count := range []int{1000, maxLeft / 2, maxLeft, maxLeft + 1, (maxSegments - 1) / 2} {
		all := ports{everySecond(count), everySecond(count)}
		program := loadClassifier(t, all)
		all.compare(t, program, count/50)
		t.Logf("%d ranges twice: %s", count, cost(t, program))
		program.Close()
	}
}

func TestClassifierIsSmall(t *testing.T) {
	const none = 2 + 2 // the two directions: load, compare, load, exit
	for _, c := range []struct {
		name         string
		ports        []policy.PortClass
		instructions int
	}{
		{"no ports", nil, none},
		{"everything is one class", []policy.PortClass{{Protocol: 0, First: 0, Last: 65535, Class: 1}}, none + 3},
		{"one port", []policy.PortClass{{Protocol: policy.TCP, First: 80, Last: 80, Class: 1}}, none + 5},
		{"neighbours of one class", []policy.PortClass{
			{Protocol: policy.TCP, First: 80, Last: 80, Class: 1},
			{Protocol: policy.TCP, First: 81, Last: 90, Class: 1},
		}, none + 5},
		{"neighbours across protocols", []policy.PortClass{
			{Protocol: 6, First: 80, Last: 65535, Class: 1},
			{Protocol: 7, First: 0, Last: 90, Class: 1},
		}, none + 5},
	} {
		code := ports{c.ports}.segments(t).classifier("classify")
		if len(code) != c.instructions {
			t.Errorf("%s: %d instructions, want %d:\n%v", c.name, len(code), c.instructions, code)
		}
	}
}

func TestClassifierRefuses(t *testing.T) {
	tcp := func(first, last uint16) policy.PortClass {
		return policy.PortClass{Protocol: policy.TCP, First: first, Last: last, Class: 1}
	}
	for _, c := range []struct {
		name  string
		ports []policy.PortClass
		want  error
	}{
		{"turned round", []policy.PortClass{tcp(81, 80)}, errPortOrder},
		{"overlapping", []policy.PortClass{tcp(80, 90), tcp(90, 91)}, errPortOrder},
		{"not sorted", []policy.PortClass{tcp(80, 80), tcp(79, 79)}, errPortOrder},
		{"not sorted by protocol", []policy.PortClass{tcp(80, 80), {Protocol: policy.ICMP, Class: 1}}, errPortOrder},
		{"too many", everySecond(maxSegments/2 + 1), ErrTooManyPorts},
	} {
		for _, all := range []ports{{c.ports}, {egress: c.ports}} {
			if _, err := segmentsOf(all[ingress], all[egress]); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
	}
}
