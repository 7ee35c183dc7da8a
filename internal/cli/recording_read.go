// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// maxEvent bounds one recorded event, in bytes.
const maxEvent = 1 << 20

// readRecording reads what monitor -o json printed. An error names file and line.
func (a *app) readRecording(file string) (*recording, error) {
	in, source, err := a.open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r := newRecording()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxEvent)
	for number := 1; lines.Scan(); number++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		event, err := readEvent(lines.Bytes())
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", source, number, err)
		}
		r.add(event)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", source, err)
	}
	return r, nil
}

// readEvent wants one event, and nothing in it that this version does not know:
// what it means might be overlooked.
func readEvent(line []byte) (event api.Event, err error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&event); err != nil {
		if field, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
			return event, fmt.Errorf("unknown key %s: not an event, or one of a newer version of hypha", field)
		}
		return event, fmt.Errorf("not an event of hypha monitor -o json: %w", err)
	}
	if decoder.More() {
		return event, errors.New("not an event of hypha monitor -o json: more than one value in the line")
	}
	if !slices.Contains(api.EventTypes, event.Type) {
		return event, fmt.Errorf("type %q is none of %s: not an event, or one of a newer version of hypha",
			event.Type, strings.Join(api.EventTypes, ", "))
	}
	return event, nil
}
