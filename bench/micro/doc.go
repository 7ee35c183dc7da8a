// SPDX-License-Identifier: Apache-2.0

// Package micro measures a contestant's programs themselves: their size, their time by the kernel's own statistics
// while packets flow, and their time for made-up packets in PROG_TEST_RUN.
package micro
