// SPDX-License-Identifier: Apache-2.0

package speaker

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/osrg/gobgp/v4/pkg/apiutil"
	gobgp "github.com/osrg/gobgp/v4/pkg/packet/bgp"
)

// What a peer does that does not want this node: some say so, some just hang up.
const (
	refusing = "refuses this node: does it expect another AS number than --bgp-asn?"
	closed   = "closes the connection: does it know this node's address, and expect its AS number?"
)

// reasons is the log of gobgp: the only place where it says why a session that it dials does not come about. What it reads there
// is held by the tests of this package.
type reasons struct {
	sessions *sessions
	peer     netip.Addr // whom records are about
}

// Enabled implements slog.Handler.
func (r reasons) Enabled(context.Context, slog.Level) bool { return true }

// WithGroup implements slog.Handler.
func (r reasons) WithGroup(string) slog.Handler { return r }

// WithAttrs implements slog.Handler: each peer has a logger of its own, with its address.
func (r reasons) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if address, err := netip.ParseAddr(a.Value.String()); a.Key == "Key" && err == nil {
			r.peer = address
		}
	}
	return r
}

// Handle implements slog.Handler.
func (r reasons) Handle(_ context.Context, record slog.Record) error {
	r.sessions.fail(r.peer, reasonIn(record))
	return nil
}

// reasonIn says in words what a record means for a session, "" if nothing.
func reasonIn(record slog.Record) string {
	attrs := map[string]slog.Value{}
	record.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value
		return true
	})
	switch record.Message {
	case "failed to connect":
		return refused(attrs["Error"].String())
	case "outgoing connection IO error":
		return closed
	case "sent notification":
		return objected(attrs["Code"].Int64(), attrs["Subcode"].Int64())
	}
	return ""
}

// refused is about an error of dialling. A segment whose signature is wrong, or missing, is dropped: RFC 2385 section 2.
func refused(dialling string) string {
	_, cause, _ := strings.Cut(dialling, ": ") // "dial tcp [2001:db8::1]:179: connect: connection refused"
	if at := strings.LastIndex(cause, ": "); at >= 0 {
		cause = cause[at+2:]
	}
	switch cause {
	case "i/o timeout", "connection timed out":
		return "does not answer: is it up, and is the password the same on both sides?"
	case "connection refused":
		return "refuses connections to port 179: does it speak BGP?"
	}
	return "can not be reached: " + cause
}

// objected is about what this side has against the peer's first message, RFC 4271 section 6.2.
func objected(code, subcode int64) string {
	switch {
	case code == gobgp.BGP_ERROR_OPEN_MESSAGE_ERROR && subcode == gobgp.BGP_ERROR_SUB_BAD_PEER_AS:
		return "is in another AS than --bgp-peer says"
	case code == gobgp.BGP_ERROR_OPEN_MESSAGE_ERROR && subcode == gobgp.BGP_ERROR_SUB_BAD_BGP_IDENTIFIER:
		return "has no router id, or this node's"
	case code == gobgp.BGP_ERROR_FSM_ERROR: // it has answered with something else: a notification
		return refusing
	case code == gobgp.BGP_ERROR_CEASE || code == gobgp.BGP_ERROR_HOLD_TIMER_EXPIRED:
		return ""
	}
	return fmt.Sprintf("does not speak BGP as this node does: %s", gobgp.NewNotificationErrorCode(uint8(code), uint8(subcode)))
}

// refusal is about a session that was not established and has fallen back to the start.
func refusal(state apiutil.PeerState) string {
	switch {
	case state.SessionState != gobgp.BGP_FSM_IDLE:
		return ""
	case state.DisconnectMessage == "read-failed" || state.DisconnectMessage == "write-failed":
		return closed
	}
	return refusing
}

// lost is about a session that was established, by gobgp's word for why it is not.
func lost(word string) string {
	switch word {
	case "graceful-restart", "read-failed", "write-failed":
		return "has gone away"
	case "hold-timer-expired":
		return "has fallen silent"
	}
	return "has ended the session: " + word
}
