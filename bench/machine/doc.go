// SPDX-License-Identifier: Apache-2.0

// Package machine says what a measurement ran on, how quiet it was meanwhile, and that it ran alone.
package machine
