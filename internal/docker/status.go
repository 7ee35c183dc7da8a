// SPDX-License-Identifier: Apache-2.0

package docker

// State is the plugin's relation to the engine.
type State string

const (
	StateOff       State = "off"
	StateWaiting   State = "waiting"   // no engine answers
	StateConnected State = "connected" // list and events are being followed
)

// Status is a snapshot for `hypha status`.
type Status struct {
	State     State
	Version   string // of the Engine API in use; "" when not connected
	Message   string // why it is not connected
	Networks  int    // Docker networks of this driver
	Endpoints int    // endpoints that the engine knows
}
