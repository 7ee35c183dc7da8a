// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// progress tells who waits what is being done: on a terminal in one line that changes, else a line each.
type progress struct {
	file    *os.File
	started time.Time
	live    bool
	unread  func() // called when nobody reads it any more
}

func newProgress(file *os.File, unread func()) *progress {
	return &progress{file: file, started: time.Now(), live: term.IsTerminal(int(file.Fd())), unread: unread}
}

// say is what is being done now.
func (p *progress) say(format string, args ...any) {
	start, end := "", "\n"
	if p.live {
		start, end = "\r\x1b[K", ""
	}
	elapsed := time.Since(p.started).Round(time.Second)
	_, err := fmt.Fprintf(p.file, "%s%6v  %s%s", start, elapsed, fmt.Sprintf(format, args...), end)
	if errors.Is(err, unix.EPIPE) {
		p.unread()
	}
}

// note is something that stays to be read.
func (p *progress) note(format string, args ...any) {
	p.say(format, args...)
	if p.live {
		fmt.Fprintln(p.file)
	}
}

func (p *progress) close() {
	if p.live {
		fmt.Fprint(p.file, "\r\x1b[K")
	}
}
