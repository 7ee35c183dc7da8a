// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/unixsocket"
)

// serve runs a server of agent until the test ends, and returns a client of it
// and its socket.
func serve(t *testing.T, agent Agent, change ...func(*Server)) (*api.Client, string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "hypha.sock")
	l, err := unixsocket.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	s := New(agent, slog.New(slog.NewTextHandler(io.Discard, nil)))
	for _, f := range change {
		f(s)
	}
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Serve(ctx, l) }()
	client := api.NewClient(socket)
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("Serve: %v", err)
		}
		client.Close()
	})
	return client, socket
}

func TestEndpointsOverTheWire(t *testing.T) {
	client, _ := serve(t, newDouble())
	ctx := t.Context()

	none, err := client.Endpoints(ctx)
	if err != nil || none == nil || len(none) != 0 {
		t.Fatalf("Endpoints of an empty node = %v, %v; want [] and not null", none, err)
	}
	const name = "shop/web@1" // a name with a slash stays one path segment
	added, err := client.AddEndpoint(ctx, api.EndpointSpec{Name: name, Netns: "/run/netns/web"})
	if err != nil {
		t.Fatal(err)
	}
	if added.Labels == nil {
		t.Error("an endpoint added without labels has unknown ones; want none")
	}
	if _, err := client.RelabelEndpoint(ctx, name, map[string]string{"role": "web"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.TraceEndpoint(ctx, name, true); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RegenerateEndpoint(ctx, name); err != nil {
		t.Fatal(err)
	}
	got, err := client.Endpoint(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	want := api.Endpoint{Name: name, Netns: "/run/netns/web", State: "ready", Message: "made anew", Trace: true, Labels: map[string]string{"role": "web"}}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Errorf("endpoint (-want +got):\n%s", diff)
	}
	if err := client.DeleteEndpoint(ctx, name); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, client.DeleteEndpoint(ctx, name), http.StatusNotFound, `no endpoint is called "shop/web@1"`)
}

func TestRefusals(t *testing.T) {
	client, _ := serve(t, newDouble())
	ctx := t.Context()
	web := api.EndpointSpec{Name: "web", Netns: "/run/netns/web"}
	if _, err := client.AddEndpoint(ctx, web); err != nil {
		t.Fatal(err)
	}
	add := func(spec api.EndpointSpec) error { _, err := client.AddEndpoint(ctx, spec); return err }
	apply := func(files ...api.PolicyFile) error {
		_, err := client.ApplyPolicies(ctx, api.PolicyApply{Files: files})
		return err
	}
	relabel := func(labels map[string]string) error { _, err := client.RelabelEndpoint(ctx, "web", labels); return err }
	_, deleting := client.DeletePolicy(ctx, "shop")
	_, getting := client.Policy(ctx, "shop")
	_, explaining := client.Explain(ctx, api.ExplainRequest{})
	_, counting := client.Conntrack(ctx, -1)

	wantRefusal(t, add(web), http.StatusConflict, `endpoint "web" exists`)
	wantRefusal(t, add(api.EndpointSpec{Netns: "/x"}), http.StatusBadRequest, "endpoint has no name")
	wantRefusal(t, add(api.EndpointSpec{Name: "x", Netns: "x"}), http.StatusBadRequest, "netns must be the absolute path of a network namespace")
	wantRefusal(t, relabel(nil), http.StatusBadRequest, "no labels given; {} takes all away")
	wantRefusal(t, apply(), http.StatusBadRequest, "no file of policies given")
	wantRefusal(t, apply(api.PolicyFile{Text: "x"}), http.StatusBadRequest, "file 1 of policies has no source to call it by in errors")
	wantRefusal(t, apply(api.PolicyFile{Source: "a b.yaml"}), http.StatusBadRequest, "a b.yaml: no policy in it")
	wantRefusal(t, deleting, http.StatusServiceUnavailable, `store is away: can not delete "shop"`)
	wantRefusal(t, getting, http.StatusNotFound, `no policy is called "shop" at revision 0`)
	wantRefusal(t, explaining, http.StatusInternalServerError, "to whom")
	wantRefusal(t, counting, http.StatusBadRequest, `limit: "-1" is not a number from 0 to 2147483647`)
}

func wantRefusal(t *testing.T, err error, status int, message string) {
	t.Helper()
	var refusal *api.Error
	if !errors.As(err, &refusal) {
		t.Errorf("error = %v, want a refusal %d: %s", err, status, message)
		return
	}
	if refusal.Status != status || refusal.Message != message {
		t.Errorf("refusal = %d: %s\nwant %d: %s", refusal.Status, refusal.Message, status, message)
	}
}
