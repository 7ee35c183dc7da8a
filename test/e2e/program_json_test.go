// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"os"
)

// readJSON succeeds if standard input is one JSON document, or some, and nothing else.
//
//	json
func readJSON([]string) error {
	decoder := json.NewDecoder(os.Stdin)
	for documents := 0; ; documents++ {
		var document any
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF) && documents > 0:
			return nil
		case err != nil:
			return err
		}
	}
}
