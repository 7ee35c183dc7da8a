// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"
	"strings"
)

// readPassword reads a file that holds a password, and perhaps the end of a line. Errors say whose it is: "BGP sessions".
func readPassword(file, whose string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the password of %s: %w", whose, err)
	}
	password := strings.TrimRight(string(content), "\r\n")
	if password == "" {
		return "", fmt.Errorf("reading the password of %s: %s is empty", whose, file)
	}
	return password, nil
}
