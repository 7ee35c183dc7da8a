// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrNotPermitted says that the kernel could not be asked.
var ErrNotPermitted = errors.New("not permitted to use BPF: run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON")

// ErrKernel says that the kernel lacks something that Hypha can not do without.
var ErrKernel = errors.New("this kernel is not able to run Hypha")

// Feature is one thing that a kernel has or has not.
type Feature struct {
	Name     string
	Since    string // the first kernel that has it, as "6.6"
	Use      string // what Hypha does with it
	Required bool
	Found    bool
	Detail   string // why it was not found
}

// Features is all that was asked, in the order in which status shows it.
type Features []Feature

// Probe asks the kernel for each feature by trying it: distributions add features to old
// kernels, and leave them out of new ones. ErrNotPermitted if it is not allowed to try.
func Probe() (Features, error) {
	all := make(Features, 0, len(probes))
	for _, p := range probes {
		f, err := p.Feature, p.try()
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("probing for %s: %w", f.Name, ErrNotPermitted)
		}
		f.Found = err == nil
		if err != nil {
			f.Detail = err.Error()
		}
		all = append(all, f)
	}
	return all, nil
}

// Check returns an ErrKernel that names the first required feature that is missing, and
// the first kernel that has it.
func (all Features) Check() error {
	for _, f := range all {
		if f.Required && !f.Found {
			return fmt.Errorf("%w: no %s (%s), which is in Linux %s and later", ErrKernel, f.Name, f.Use, f.Since)
		}
	}
	return nil
}
