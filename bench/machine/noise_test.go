// SPDX-License-Identifier: Apache-2.0

package machine

import "testing"

// Of 1000 ticks, 100 were stolen, 300 idle, and 400 the benchmark's own: 200 were somebody else's.
func TestNoise(t *testing.T) {
	before, err := parse("cpu  100 0 100 1000 0 0 0 50 0 0\ncpu0 1\n", 10)
	if err != nil {
		t.Fatal(err)
	}
	after, err := parse("cpu  300 0 400 1250 50 0 100 150 0 0\ncpu0 1\n", 410)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := after.Since(before), (Noise{Steal: 0.1, Others: 0.2, Busy: 6}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := before.Since(before); got != (Noise{}) {
		t.Errorf("in no time %+v, want nothing", got)
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
