// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"fmt"

	"github.com/cilium/ebpf/ringbuf"
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
	var record ringbuf.Record
	for {
		if err := source.ReadInto(&record); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("reading the event ring buffer: %w", err)
		}
		m.receive(record.RawSample)
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
