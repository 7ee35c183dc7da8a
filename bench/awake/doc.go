// SPDX-License-Identifier: Apache-2.0

// Package awake keeps CPUs from going to sleep while something is measured. A request and its answer wake the other end's CPU each
// time; in a virtual machine that takes the hypervisor, and anything between 5 and 50 µs. Under a load that never lets
// a CPU sleep, as a busy machine has it, none of that is seen.
package awake
