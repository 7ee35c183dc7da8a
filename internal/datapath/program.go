// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// Program is what became of a template in the kernel.
type Program struct {
	Name                 string
	TemplateInstructions int // in the compiled object, stubs included
	Instructions         int // after tailoring and the verifier's dead-code removal
	JITBytes             int
	VerifiedInstructions int // that the verifier walked through
	Load                 time.Duration
}

// loaded is a set of programs in the kernel, not attached to anything.
type loaded struct {
	programs map[string]*ebpf.Program
	reports  []Program
}

// load brings a tailored spec into the kernel.
func load(spec *ebpf.CollectionSpec, shared *sharedMaps) (*loaded, error) {
	replacements := map[string]*ebpf.Map{}
	for name := range spec.Maps {
		if m := shared.byName[name]; m != nil {
			spec.Maps[name].MaxEntries = m.MaxEntries() // the machine's, not the template's
			replacements[name] = m
		}
	}
	began := time.Now()
	collection, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: replacements})
	if err != nil {
		return nil, loadError(err)
	}
	defer collection.Close()
	took := time.Since(began)
	out := &loaded{programs: map[string]*ebpf.Program{}}
	for name, template := range spec.Programs {
		out.programs[name] = collection.DetachProgram(name)
		report := describe(name, out.programs[name])
		report.TemplateInstructions = len(template.Instructions)
		report.Load = took / time.Duration(len(spec.Programs))
		out.reports = append(out.reports, report)
	}
	return out, nil
}

// loadError turns the verifier's log into one line; the log itself is in the error's %+v.
func loadError(err error) error {
	var rejected *ebpf.VerifierError
	if errors.As(err, &rejected) {
		return fmt.Errorf("the kernel's verifier refused a program (please report this kernel's version): %w", err)
	}
	if strings.Contains(err.Error(), "MEMLOCK") {
		return fmt.Errorf("loading programs: locked memory is limited, raise it with ulimit -l unlimited: %w", err)
	}
	return fmt.Errorf("loading programs: %w", err)
}

// describe asks the kernel. What an old kernel does not tell stays 0.
func describe(name string, program *ebpf.Program) Program {
	report := Program{Name: name}
	info, err := program.Info()
	if err != nil {
		return report
	}
	if bytes, err := info.TranslatedSize(); err == nil {
		report.Instructions = bytes / asm.InstructionSize
	}
	if size, err := info.JitedSize(); err == nil {
		report.JITBytes = int(size)
	}
	if verified, ok := info.VerifiedInstructions(); ok {
		report.VerifiedInstructions = int(verified)
	}
	return report
}

func (l *loaded) close() {
	for _, program := range l.programs {
		program.Close()
	}
}
