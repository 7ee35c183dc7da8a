// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

// TB is what a testbed is made for: *testing.T, *testing.B, or what Run hands over.
// Fatalf must be called from the goroutine of the test, as with *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// NeedRoot skips a test that could not make a network namespace.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
}

// Run gives f a testbed outside of a test: in the demo, in a benchmark. What was made is
// cleaned up when f is through. The error is the one that f failed with.
func Run(f func(TB)) error {
	r := &run{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.cleanup()
		f(r)
	}()
	<-done
	return r.failed
}

// run is the TB of Run.
type run struct {
	undo   []func()
	failed error
}

func (r *run) Helper()          {}
func (r *run) Cleanup(f func()) { r.undo = append(r.undo, f) }
func (r *run) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// Fatalf records the failure and ends the goroutine of f; its deferred calls run.
func (r *run) Fatalf(format string, args ...any) {
	r.failed = fmt.Errorf(format, args...)
	runtime.Goexit()
}

// cleanup undoes last things first. An undo that fails does not keep the others from running.
func (r *run) cleanup() {
	if len(r.undo) == 0 {
		return
	}
	last := r.undo[len(r.undo)-1]
	r.undo = r.undo[:len(r.undo)-1]
	defer r.cleanup()
	last()
}
