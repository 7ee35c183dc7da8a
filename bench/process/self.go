// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"path/filepath"
)

// Self is the path of this program.
func Self() string {
	file, err := os.Executable()
	if err != nil {
		return filepath.Clean(os.Args[0])
	}
	return file
}
