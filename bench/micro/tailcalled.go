// SPDX-License-Identifier: Apache-2.0

package micro

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/cilium/ebpf"
)

// tailCalled opens the programs in the program arrays that are pinned below a directory; "" is no directory.
func tailCalled(dir string) (found []*ebpf.Program, err error) {
	if dir == "" {
		return nil, nil
	}
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		array, err := ebpf.LoadPinnedMap(path, nil)
		if err != nil {
			return nil // something else is pinned there
		}
		defer array.Close()
		if array.Type() != ebpf.ProgramArray {
			return nil
		}
		programs, err := entries(array)
		found = append(found, programs...)
		return err
	})
	return found, err
}

func entries(array *ebpf.Map) (found []*ebpf.Program, err error) {
	var slot, id uint32
	each := array.Iterate()
	for each.Next(&slot, &id) {
		program, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
		if err != nil {
			return found, fmt.Errorf("opening a tail-called program: %w", err)
		}
		found = append(found, program)
	}
	return found, each.Err()
}
