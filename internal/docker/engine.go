// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"
)

// engine is the Engine API, as far as it is about networks of one driver.
type engine struct {
	api    *client.Client // versions and events
	http   *http.Client   // lists, over the same connections: see query.go
	driver string
}

// newEngine speaks to host, or where DOCKER_HOST points to when host is empty. It does not connect yet.
func newEngine(host, driver string) (*engine, error) {
	options := []client.Opt{client.FromEnv}
	if host != "" {
		options = append(options, client.WithHost(host))
	}
	api, err := client.New(options...)
	if err != nil {
		return nil, err
	}
	return &engine{api: api, http: newHTTP(api.Dialer()), driver: driver}, nil
}

// connect agrees on a version of the API, which it returns. An engine may have been replaced by an older or newer
// one since the last time.
func (e *engine) connect(ctx context.Context) (version string, err error) {
	_, err = e.api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true, ForceNegotiate: true})
	if err != nil {
		return "", err
	}
	return e.api.ClientVersion(), nil
}

// follow streams the events after which a list may look different. The network's connect comes when the interface
// is in the container's namespace, and before the container's process starts.
func (e *engine) follow(ctx context.Context) client.EventsResult {
	filters := make(client.Filters)
	filters.Add("type", string(events.NetworkEventType), string(events.ContainerEventType))
	filters.Add("event", string(events.ActionConnect), string(events.ActionDisconnect),
		string(events.ActionDestroy), string(events.ActionRename))
	return e.api.Events(ctx, client.EventsListOptions{Filters: filters})
}

// concerns reports whether an event can be about a network of this driver.
func (e *engine) concerns(m events.Message) bool {
	return m.Type != events.NetworkEventType || m.Actor.Attributes["type"] == e.driver
}

// list asks for everything about this driver's networks. None of the requests waits for a container's lock, which
// the engine holds while a container starts.
func (e *engine) list(ctx context.Context) (listing, error) {
	filter, err := json.Marshal(make(client.Filters).Add("driver", e.driver))
	if err != nil {
		return listing{}, err
	}
	networks, err := all[networkAnswer](ctx, e, "/networks", url.Values{"filters": {string(filter)}})
	if err != nil {
		return listing{}, fmt.Errorf("list networks: %w", err)
	}
	found := newListing()
	for _, n := range networks {
		var inspected networkAnswer
		err := e.get(ctx, "/networks/"+url.PathEscape(n.ID), nil, &inspected)
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return listing{}, fmt.Errorf("inspect network %s: %w", n.Name, err)
		}
		found.addNetwork(inspected)
	}
	containers, err := all[containerAnswer](ctx, e, "/containers/json", url.Values{"all": {"1"}})
	if err != nil {
		return listing{}, fmt.Errorf("list containers: %w", err)
	}
	found.addContainers(containers)
	return found, nil
}

func (e *engine) close() {
	e.http.CloseIdleConnections()
	e.api.Close()
}
