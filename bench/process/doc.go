// SPDX-License-Identifier: Apache-2.0

// Package process runs what is measured as processes of its own, on nodes of the testbed and with directories of their own,
// and takes away what a benchmark that was killed has left of them.
package process
