// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"fmt"
	"time"

	"github.com/cilium/ebpf/ringbuf"
)

const (
	// rest is the pause after a batch, in which the next one gathers. The kernel wakes a reader for the first event that it finds
	// an empty ring with: so an event that comes alone is told at once, and of many that come one after the other only the first of
	// each rest costs waking up, here and in all who follow.
	rest = 10 * time.Millisecond

	// crowd is a batch after which there is no rest, in events: the next one may be as large, and the ring holds 10,922. Events that come
	// from nothing at more than 1,090,000 a second are lost, and counted, until the first rest is over.
	crowd = 2048
)

// Source is the ring buffer: a *ringbuf.Reader. Close interrupts ReadInto.
type Source interface {
	ReadInto(*ringbuf.Record) error
	Close() error
}

// Run reads source until ctx ends, and closes it. A ring buffer has one reader, so there is one Run at a time.
// The error is nil if ctx ended.
func (m *Monitor) Run(ctx context.Context, source Source) (err error) {
	finish := closeWhenDone(ctx, source)
	defer func() {
		if closing := finish(); err == nil && closing != nil {
			err = fmt.Errorf("closing the event ring buffer: %w", closing)
		}
	}()
	in := newIntake(m.names)
	for {
		if err := in.read(source); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("reading the event ring buffer: %w", err)
		}
		m.publish(in.events, in.broken)
		if len(in.events) < crowd && !pause(ctx, rest) {
			return nil
		}
	}
}

// pause reports whether it took its time: false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// closeWhenDone closes source when ctx ends, or when finish is called, which waits for it.
func closeWhenDone(ctx context.Context, source Source) (finish func() error) {
	ctx, cancel := context.WithCancel(ctx)
	closed := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closed <- source.Close()
	}()
	return func() error {
		cancel()
		return <-closed
	}
}
