// SPDX-License-Identifier: Apache-2.0

package endpoint_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
)

func TestValidateName(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "7": true, "shop/web_1.a@b-c": true, strings.Repeat("a", 253): true,
		"": false, "-a": false, "/a": false, "a b": false, "a\n": false, "ä": false, "a;b": false,
		strings.Repeat("a", 254): false,
	} {
		err := endpoint.ValidateName(name)
		if (err == nil) != ok || err != nil && !errors.Is(err, endpoint.ErrName) {
			t.Errorf("ValidateName(%.20q) = %v", name, err)
		}
	}
}

// TestStates checks every pair against the table that the drawing in state.go stands for.
func TestStates(t *testing.T) {
	const creating, ready, failed, deleting = endpoint.Creating, endpoint.Ready, endpoint.Failed, endpoint.Deleting
	states := []endpoint.State{creating, ready, failed, deleting}
	allowed := map[endpoint.State]string{
		creating: "creating ready failed deleting", ready: "ready failed deleting",
		failed: "ready failed deleting", deleting: "deleting",
	}
	for _, from := range states {
		for _, to := range states {
			if got := from.CanBecome(to); got != strings.Contains(allowed[from], string(to)) {
				t.Errorf("%s may become %s: %v", from, to, got)
			}
		}
	}
	if unknown := endpoint.State("up"); unknown.Valid() || unknown.CanBecome(unknown) || unknown.CanBecome(ready) {
		t.Error("an unknown state is one")
	}
}
