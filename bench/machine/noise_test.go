// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"testing"
	"time"
)

// Of 5 s on two CPUs, 1 s was stolen, 3 s idle, and 4 s the benchmark's own: 2 s were somebody else's.
func TestNoise(t *testing.T) {
	before, err := parse("cpu  100 0 100 1000 0 0 0 50 0 0\ncpu0 1\n")
	if err != nil {
		t.Fatal(err)
	}
	after, err := parse("cpu  300 0 400 1250 50 0 100 150 0 0\ncpu0 1\n")
	if err != nil {
		t.Fatal(err)
	}
	before.own, after.at, after.own = 1, before.at.Add(5*time.Second), 5
	if got, want := after.Since(before, 2), (Noise{Steal: 0.1, Others: 0.2, Busy: 6}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := before.Since(before, 2); got != (Noise{}) {
		t.Errorf("in no time %+v, want nothing", got)
	}
}

// A thread that an ear is deaf to counts as idle.
func TestDeafEar(t *testing.T) {
	ran, err := runtimeOf("/proc/thread-self/schedstat")
	if err != nil || ran <= 0 {
		t.Errorf("this thread ran %v s: %v", ran, err)
	}
	hearing, err := Ear{}.Listen()
	if err != nil {
		t.Fatal(err)
	}
	deaf, err := Ear{Deaf: []string{"/proc/thread-self/schedstat"}}.Listen()
	if err != nil || deaf.idle < hearing.idle+ran {
		t.Errorf("idle %v s, without this thread's %v s: %v; %v", deaf.idle, ran, hearing.idle, err)
	}
}

func TestAlone(t *testing.T) {
	file := t.TempDir() + "/lock"
	release, err := Alone(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Alone(file); err == nil {
		t.Error("a second benchmark may run")
	}
	release()
	again, err := Alone(file)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
