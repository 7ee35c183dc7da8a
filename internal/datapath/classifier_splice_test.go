// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"slices"
	"testing"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/policy"
)

// classifiers are the template's functions that become one.
var classifiers = []string{"classify_ingress", "classify_egress"}

func template(t testing.TB) *ebpf.CollectionSpec {
	t.Helper()
	spec, err := bpf.LoadJudge()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range spec.Maps {
		m.Pinning = ebpf.PinNone
	}
	return spec
}

// spliceAll loads a judge with two classifiers of ports.
func spliceAll(t rapid.TB, spec *ebpf.CollectionSpec, ports []policy.PortClass) *ebpf.Collection {
	t.Helper()
	for _, symbol := range classifiers {
		if err := spliceClassifier(spec.Programs["judge"], symbol, ports); err != nil {
			t.Fatal(err)
		}
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatalf("%d ranges: %+v", len(ports), err)
	}
	return collection
}

func TestVerifierAcceptsSplicedTemplates(t *testing.T) {
	needBPF(t)
	whole := template(t)
	for _, count := range []int{0, 1, 10, 100, 1000, 10000} {
		collection := spliceAll(t, whole.Copy(), everySecond(count))
		t.Logf("%d in the template, %d ranges twice: %s",
			len(whole.Programs["judge"].Instructions), count, cost(t, collection.Programs["judge"]))
		collection.Close()
	}
}

func TestVerifierAcceptsRandomSplices(t *testing.T) {
	needBPF(t)
	whole := template(t)
	rapid.Check(t, func(t *rapid.T) {
		spliceAll(t, whole.Copy(), drawPorts(t)).Close()
	})
}

// The spliced function, with all that the template says about it, is called by a program that does nothing else:
// the protocol is in its packet's priority, the port in the mark.
func TestSplicedFunctionAnswers(t *testing.T) {
	needBPF(t)
	ports := everySecond(100)
	for _, symbol := range classifiers {
		spec := template(t).Programs["judge"]
		if err := spliceClassifier(spec, symbol, ports); err != nil {
			t.Fatal(err)
		}
		start, end, err := functionBounds(spec.Instructions, symbol)
		if err != nil {
			t.Fatal(err)
		}
		call := asm.Instructions{
			asm.LoadMem(asm.R2, asm.R1, int16(unsafe.Offsetof(skb{}.Mark)), asm.Word),
			asm.LoadMem(asm.R1, asm.R1, int16(unsafe.Offsetof(skb{}.Priority)), asm.Word),
			asm.Call.Label(symbol),
			asm.Return(),
		}
		call[0] = call[0].WithMetadata(spec.Instructions[0].Metadata)
		spec.Instructions = slices.Concat(call, spec.Instructions[start:end])
		program, err := ebpf.NewProgram(spec)
		if err != nil {
			t.Fatalf("%s: %+v", symbol, err)
		}
		defer program.Close()
		for _, port := range []uint16{0, 1, 2, 100, 101, 198, 199, 200, 65535} {
			got, err := program.Run(&ebpf.RunOptions{
				Data: make([]byte, 14), Context: skb{Priority: uint32(policy.TCP), Mark: uint32(port)},
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := naiveClass(ports, policy.TCP, port); int(got) != want {
				t.Errorf("%s: tcp port %d is of class %d, want %d", symbol, port, got, want)
			}
		}
	}
}

// skb is the start of struct __sk_buff, linux/bpf.h; a test run takes the fields that have a name here.
type skb struct {
	_        [2]uint32
	Mark     uint32
	_        [5]uint32
	Priority uint32
	_        [3]uint32
}

func TestSpliceLeavesTheRestAlone(t *testing.T) {
	spec := template(t)
	before := spec.Programs["judge"].Instructions
	copied := spec.Copy()
	if err := spliceClassifier(copied.Programs["judge"], "classify_ingress", everySecond(100)); err != nil {
		t.Fatal(err)
	}
	after := copied.Programs["judge"].Instructions
	if got, want := symbols(after), symbols(before); !slices.Equal(got, want) {
		t.Errorf("functions are %v, want %v", got, want)
	}
	start, end, err := functionBounds(before, "classify_ingress")
	if err != nil {
		t.Fatal(err)
	}
	if end-start > 8 {
		t.Errorf("the template's stub has %d instructions: another was spliced", end-start)
	}
	if grown := len(after) - len(before); grown < 200 {
		t.Errorf("a classifier of 100 ranges made the program only %d instructions longer", grown)
	}
}

func symbols(code asm.Instructions) (names []string) {
	for _, i := range code {
		if i.Symbol() != "" {
			names = append(names, i.Symbol())
		}
	}
	return names
}

func TestSpliceNeedsTheFunction(t *testing.T) {
	program := template(t).Programs["judge"]
	if err := spliceClassifier(program, "classify_nothing", nil); !errors.Is(err, errNoFunction) {
		t.Errorf("the judge has no classify_nothing: %v", err)
	}
}
