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

// set reports whether that is news.
func (p *problems) set(about string, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lines == nil {
		p.lines = map[string]string{}
	}
	before := p.lines[about]
	p.lines[about] = about + ": " + err.Error()
	return before != p.lines[about]
}

// clear reports whether that is news.
func (p *problems) clear(about string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, there := p.lines[about]
	delete(p.lines, about)
	return there
}

// note sets or clears, as err says, and reports whether that is news.
func (p *problems) note(about string, err error) bool {
	if err != nil {
		return p.set(about, err)
	}
	return p.clear(about)
}

func (p *problems) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Values(p.lines))
}

// note is for what is tried again and again: what comes of it stands in the status, and in the log when it has changed.
func (a *Agent) note(about string, err error) {
	switch news := a.problems.note(about, err); {
	case news && err != nil:
		a.log.Warn("something is not as it should be", "what", about, "err", err)
	case news:
		a.log.Info("it is as it should be again", "what", about)
	}
}
