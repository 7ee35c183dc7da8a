// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/policy"
)

// maxRulings keeps a number's highest bit free, and the last number that there is without it: the datapath has a use for both.
const maxRulings = int(datapath.RulingElsewhere) - 1

// errTooManyRulings is not to be expected before years of ever new rules.
var errTooManyRulings = errors.New("there are no numbers for rulings left: stop the agent, remove its rulings.jsonl and start it anew")

// rulings numbers the rulings that the tables of this node hold, for counters and events. A number never changes its meaning:
// the file has a line for each, written before the kernel sees it. It need not outlive the machine's crash, since the
// kernel's counters do not either.
type rulings struct {
	mu      sync.RWMutex
	file    *os.File
	numbers map[policy.Ruling]uint32
	list    []policy.Ruling // number n is at n-1
}

// openRulings reads what earlier agents numbered. A last line that was cut off is given up: nothing uses its number yet.
func openRulings(name string) (_ *rulings, err error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the numbers of rulings: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the numbers of rulings: %w", err)
	}
	r := &rulings{file: file, numbers: map[policy.Ruling]uint32{}}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	for line := range bytes.Lines(whole) {
		var ruling policy.Ruling
		if err := json.Unmarshal(line, &ruling); err != nil {
			return nil, fmt.Errorf("%s:%d: broken ruling: %w (remove the file to start anew: statistics of rules mix then)", name, len(r.list)+1, err)
		}
		r.add(ruling)
	}
	if err := file.Truncate(int64(len(whole))); err != nil {
		return nil, fmt.Errorf("repairing the numbers of rulings: %w", err)
	}
	if _, err := file.Seek(int64(len(whole)), 0); err != nil {
		return nil, fmt.Errorf("reading the numbers of rulings: %w", err)
	}
	return r, nil
}

func (r *rulings) add(ruling policy.Ruling) uint32 {
	r.list = append(r.list, ruling)
	number := uint32(len(r.list))
	r.numbers[ruling] = number
	return number
}

// Number returns the ruling's number, a new one for a new ruling. Numbers count from 1.
func (r *rulings) Number(ruling policy.Ruling) (uint32, error) {
	r.mu.RLock()
	number, known := r.numbers[ruling]
	r.mu.RUnlock()
	if known {
		return number, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if number, known := r.numbers[ruling]; known {
		return number, nil
	}
	if len(r.list) >= maxRulings {
		return 0, errTooManyRulings
	}
	line, err := json.Marshal(ruling)
	if err != nil {
		return 0, fmt.Errorf("encoding a ruling: %w", err)
	}
	if _, err := r.file.Write(append(line, '\n')); err != nil {
		return 0, fmt.Errorf("numbering a ruling: %w", err)
	}
	return r.add(ruling), nil
}

// Ruling returns what a number means.
func (r *rulings) Ruling(number uint32) (policy.Ruling, bool) {
	if number == datapath.RulingElsewhere {
		return policy.Elsewhere(), true
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if number == 0 || int(number) > len(r.list) {
		return policy.Ruling{}, false
	}
	return r.list[number-1], true
}

func (r *rulings) close() error { return r.file.Close() }
