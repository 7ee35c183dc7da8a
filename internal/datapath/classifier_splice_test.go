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

// spliceBoth loads a judge with a classifier of these ports for both directions.
func spliceBoth(t rapid.TB, spec *ebpf.CollectionSpec, ports []policy.PortClass) *ebpf.Collection {
	t.Helper()
	if err := spliceClassifier(spec.Programs["judge"], "classify", ports, ports); err != nil {
		t.Fatal(err)
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
		collection := spliceBoth(t, whole.Copy(), everySecond(count))
		t.Logf("%d in the template, %d ranges twice: %s",
			len(whole.Programs["judge"].Instructions), count, cost(t, collection.Programs["judge"]))
		collection.Close()
	}
}

func TestVerifierAcceptsRandomSplices(t *testing.T) {
	needBPF(t)
	whole := template(t)
	rapid.Check(t, func(t *rapid.T) {
		spliceBoth(t, whole.Copy(), drawPorts(t)).Close()
	})
}

// The spliced function, with all that the template says about it, is called by a program that does nothing else: the service is in
// its packet's mark.
func TestSplicedFunctionAnswers(t *testing.T) {
	needBPF(t)
	all := ports{everySecond(100), everySecond(50)}
	spec := template(t).Programs["judge"]
	if err := spliceClassifier(spec, "classify", all[ingress], all[egress]); err != nil {
		t.Fatal(err)
	}
	start, end, err := functionBounds(spec.Instructions, "classify")
	if err != nil {
		t.Fatal(err)
	}
	call := asm.Instructions{
		asm.LoadMem(asm.R1, asm.R1, int16(unsafe.Offsetof(skb{}.Mark)), asm.Word),
		asm.Call.Label("classify"),
		asm.Return(),
	}
	call[0] = call[0].WithMetadata(spec.Instructions[0].Metadata)
	spec.Instructions = slices.Concat(call, spec.Instructions[start:end])
	program, err := ebpf.NewProgram(spec)
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer program.Close()
	for _, d := range []direction{ingress, egress} {
		for _, port := range []uint16{0, 1, 2, 98, 99, 100, 101, 198, 199, 200, 65535} {
			got, err := program.Run(&ebpf.RunOptions{Data: make([]byte, 14), Context: skb{Mark: d.serviceOf(policy.TCP, port)}})
			if err != nil {
				t.Fatal(err)
			}
			if want := d.class() | uint32(naiveClass(all[d], policy.TCP, port)); got != want {
				t.Errorf("direction %d: tcp port %d is of class %#x, want %#x", d, port, got, want)
			}
		}
	}
}

// skb is the start of struct __sk_buff, linux/bpf.h; a test run takes the field that has a name here.
type skb struct {
	_    [2]uint32
	Mark uint32
	_    [9]uint32
}

func TestSpliceLeavesTheRestAlone(t *testing.T) {
	spec := template(t)
	before := spec.Programs["judge"].Instructions
	copied := spec.Copy()
	if err := spliceClassifier(copied.Programs["judge"], "classify", everySecond(100), nil); err != nil {
		t.Fatal(err)
	}
	after := copied.Programs["judge"].Instructions
	if got, want := functions(after), functions(before); !slices.Equal(got, want) {
		t.Errorf("functions are %v, want %v", got, want)
	}
	start, end, err := functionBounds(before, "classify")
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

func TestSpliceNeedsTheFunction(t *testing.T) {
	program := template(t).Programs["judge"]
	if err := spliceClassifier(program, "classify_nothing", nil, nil); !errors.Is(err, errNoFunction) {
		t.Errorf("the judge has no classify_nothing: %v", err)
	}
}
