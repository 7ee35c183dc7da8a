// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Noise is what others took of the machine during a measurement, as parts of all its CPU time.
type Noise struct {
	Steal  float64 `json:"steal"`  // the hypervisor gave it to other machines
	Others float64 `json:"others"` // processes that are not the benchmark's; in it: what interrupts did outside of its threads

	// Busy is the CPU time of all CPUs, in seconds, in which they were not idle: everybody's, interrupts and softirqs included.
	Busy float64 `json:"busySeconds"`
}

// ticks is how many there are in a second: USER_HZ, the same on every Linux.
const ticks = 100

// Listening is a measurement of noise that has begun.
type Listening struct{ all, idle, steal, own float64 }

// Listen begins one.
func Listen() (Listening, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Listening{}, fmt.Errorf("looking how busy the machine is: %w", err)
	}
	return parse(string(text), ownTicks())
}

// parse reads the line "cpu user nice system idle iowait irq softirq steal ..." of proc_stat(5), in ticks.
func parse(text string, own float64) (Listening, error) {
	line, _, _ := strings.Cut(text, "\n")
	var user, nice, system, idle, wait, irq, softirq, steal float64
	_, err := fmt.Sscanf(line, "cpu %g %g %g %g %g %g %g %g", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal)
	if err != nil {
		return Listening{}, fmt.Errorf("reading %q of /proc/stat: %w", line, err)
	}
	busy := user + nice + system + irq + softirq
	return Listening{all: busy + idle + wait + steal, idle: idle + wait, steal: steal, own: own}, nil
}

// Since is the noise between two moments.
func (l Listening) Since(before Listening) Noise {
	all := l.all - before.all
	if all <= 0 {
		return Noise{}
	}
	steal := l.steal - before.steal
	busy := all - (l.idle - before.idle) - steal
	return Noise{Steal: steal / all, Others: max(busy-(l.own-before.own), 0) / all, Busy: max(busy, 0) / ticks}
}

func ownTicks() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9 * ticks
}
