// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Noise is what others took of the machine during a measurement, as parts of all its CPU time.
type Noise struct {
	Steal  float64 `json:"steal"`  // the hypervisor gave it to other machines
	Others float64 `json:"others"` // processes that are not the benchmark's; in it: what interrupts did outside of its threads

	// Busy is the CPU time of all CPUs, in seconds, in which they were not idle: everybody's, interrupts and softirqs included.
	Busy float64 `json:"busySeconds"`
}

// Plus adds a part of another one; of what was busy, all.
func (n Noise) Plus(other Noise, part float64) Noise {
	return Noise{n.Steal + part*other.Steal, n.Others + part*other.Others, n.Busy + other.Busy}
}

// Ear listens to the machine.
type Ear struct {
	// Deaf are the files schedstat (proc(5)) of threads that count as idle: they are there to keep CPUs awake.
	Deaf []string
}

// Listening is a measurement of noise that has begun, in seconds.
type Listening struct {
	at               time.Time
	idle, steal, own float64
}

// Listen begins one.
func (e Ear) Listen() (Listening, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Listening{}, fmt.Errorf("looking how busy the machine is: %w", err)
	}
	l, err := parse(string(text))
	if err != nil {
		return l, err
	}
	for _, file := range e.Deaf {
		ran, derr := runtimeOf(file)
		l.idle += ran
		err = errors.Join(err, derr)
	}
	l.at, l.own = time.Now(), ownTime()
	return l, err
}

// ticks is how many there are in a second in /proc/stat: USER_HZ, the same on every Linux.
const ticks = 100

// parse reads the line "cpu user nice system idle iowait irq softirq steal ..." of proc_stat(5), in ticks. The kernel knows idle time
// exactly, and guesses the other ones at each tick of its own.
func parse(text string) (Listening, error) {
	line, _, _ := strings.Cut(text, "\n")
	var user, nice, system, idle, wait, irq, softirq, steal float64
	_, err := fmt.Sscanf(line, "cpu %g %g %g %g %g %g %g %g", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal)
	if err != nil {
		return Listening{}, fmt.Errorf("reading %q of /proc/stat: %w", line, err)
	}
	return Listening{idle: (idle + wait) / ticks, steal: steal / ticks}, nil
}

// runtimeOf is how long a thread has run, in seconds.
func runtimeOf(file string) (float64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("looking how long a thread ran: %w", err)
	}
	var nanoseconds float64
	if _, err := fmt.Sscan(string(text), &nanoseconds); err != nil {
		return 0, fmt.Errorf("reading %s: %w", file, err)
	}
	return nanoseconds / 1e9, nil
}

// Since is the noise between two moments, on so many CPUs.
func (l Listening) Since(before Listening, cpus int) Noise {
	all := float64(cpus) * l.at.Sub(before.at).Seconds()
	if all <= 0 {
		return Noise{}
	}
	steal := l.steal - before.steal
	busy := max(all-(l.idle-before.idle)-steal, 0)
	return Noise{Steal: steal / all, Others: max(busy-(l.own-before.own), 0) / all, Busy: busy}
}

func ownTime() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
