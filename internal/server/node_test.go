// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/ipam"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/netns"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

func TestFaults(t *testing.T) {
	_, broken := policy.Documents("shop.yaml", []byte("kind: ["))
	_, wrong := policy.Compile(1, []policy.Policy{{Kind: policy.PolicyKind, Name: "x"}}, policy.Always)
	_, syntax := labels.ParseSet("=x")
	for _, c := range []struct {
		err    error
		status int
	}{
		{agent.ErrNoEndpoint, http.StatusNotFound},
		{agent.ErrNoPolicy, http.StatusNotFound},
		{agent.ErrNameTaken, http.StatusConflict},
		{agent.ErrForeign, http.StatusConflict},
		{datapath.ErrInterfaceExists, http.StatusConflict},
		{netns.ErrNotNamespace, http.StatusBadRequest},
		{broken, http.StatusBadRequest},
		{wrong, http.StatusBadRequest},
		{syntax, http.StatusBadRequest},
		{agent.ErrQuestion, http.StatusBadRequest},
		{store.ErrUnavailable, http.StatusServiceUnavailable},
		{ipam.ErrExhausted, http.StatusServiceUnavailable},
		{errors.New("the kernel is out of memory"), http.StatusInternalServerError},
	} {
		err := faultOf(fmt.Errorf("doing it: %w", c.err))
		if got := statusOf(err); got != c.status {
			t.Errorf("%v: status %d, want %d", c.err, got, c.status)
		}
		if want := "doing it: " + c.err.Error(); err.Error() != want {
			t.Errorf("message %q, want %q", err, want)
		}
	}
	if err := faultOf(nil); err != nil {
		t.Errorf("fault of no error = %v", err)
	}
	stopping := faultOf(fmt.Errorf("doing it: %w", context.Canceled))
	if statusOf(stopping) != http.StatusServiceUnavailable || !strings.Contains(stopping.Error(), "the agent is stopping") {
		t.Errorf("fault of a run that was cut off = %v", stopping)
	}
}

func TestClassesOnTheWire(t *testing.T) {
	table := &policy.Table{
		Shape: &policy.Shape{
			Ports: []policy.PortClass{
				{Protocol: policy.ICMP, First: 0, Last: 65535, Class: 2},
				{Protocol: policy.TCP, First: 80, Last: 80, Class: 1},
				{Protocol: policy.TCP, First: 8000, Last: 8999, Class: 1},
			},
			Classes: 3,
		},
		Kinds: []policy.Kind{{Allowed: policy.Bits{0}}, {Allowed: policy.Bits{0b101}}},
	}
	want := []api.PortClass{
		{Class: 0, Ports: []string{}},
		{Class: 1, Ports: []string{"80/tcp", "8000-8999/tcp"}},
		{Class: 2, Ports: []string{"icmp"}},
	}
	if diff := cmp.Diff(want, classesOf(table)); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 2}, allowedClasses(table, 1)); diff != "" {
		t.Errorf("allowed (-want +got):\n%s", diff)
	}
}
