// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"maps"
	"slices"
	"sync"
)

// problems are the things that somebody should look at, one clear line each, by what they are about.
type problems struct {
	mu    sync.Mutex
	lines map[string]string
}

func (p *problems) set(about string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lines == nil {
		p.lines = map[string]string{}
	}
	p.lines[about] = about + ": " + err.Error()
}

func (p *problems) clear(about string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.lines, about)
}

// note sets or clears, as err says.
func (p *problems) note(about string, err error) {
	if err != nil {
		p.set(about, err)
		return
	}
	p.clear(about)
}

func (p *problems) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Values(p.lines))
}
