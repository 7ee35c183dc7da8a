// SPDX-License-Identifier: Apache-2.0

// Package load makes traffic between two network namespaces and measures it: one file a workload.
//
// Both ends are threads of this process, each in its namespace and on a CPU of its own, and use
// blocking system calls: what is timed is the way of the packets, and little of Go's.
//
//	client thread, CPU 0 ──── socket ──── the contestant ──── socket ──── server thread, CPU 1
//
// Every call has a time limit, and whatever fails fails the sample: there are no rates of a path that
// loses what it should not.
package load
