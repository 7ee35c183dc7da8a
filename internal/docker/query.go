// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

var (
	errNonsense = errors.New("the engine's answer makes no sense")
	errGone     = errors.New("it is gone")
)

// maxAnswer bounds what is read of one answer, in bytes: some 100,000 containers.
const maxAnswer = 256 << 20

// The parts of the Engine API's answers that are used here. The types of github.com/moby/moby/client are too strict: an
// engine 20.10 shows the gateway of an IPv6 pool as a prefix ("fd00::1/128"), and every list with one in it would fail.
type (
	networkAnswer struct {
		ID         string `json:"Id"`
		Name       string
		IPAM       struct{ Config []ipamAnswer }
		Containers map[string]endpointAnswer // by container id, or "ep-" and the endpoint's id
	}
	ipamAnswer struct {
		Subnet             string
		Gateway            string
		AuxiliaryAddresses map[string]string
	}
	endpointAnswer struct {
		Name        string
		EndpointID  string
		IPv4Address string
		IPv6Address string
	}
	containerAnswer struct {
		ID     string `json:"Id"`
		Names  []string
		Labels map[string]string
	}
)

// newHTTP is a plain HTTP client over the connections of dial.
func newHTTP(dial func(context.Context) (net.Conn, error)) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}}
}

// get asks the Engine API for path. errGone: there is no such thing (any more). errNonsense: not the JSON expected.
func (e *engine) get(ctx context.Context, path string, query url.Values, answer any) error {
	where := url.URL{Scheme: "http", Host: "docker", Path: "/v" + e.api.ClientVersion() + path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return err
	}
	response, err := e.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return errGone
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("GET %s: %w: %s", path, errNonsense, response.Status)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(answer); err != nil && ctx.Err() == nil {
		return fmt.Errorf("GET %s: %w: %w", path, errNonsense, err)
	}
	return ctx.Err()
}

// all asks for a list. null is none: taken for an empty one, it would have every endpoint removed.
func all[Item any](ctx context.Context, e *engine, path string, query url.Values) (items []Item, err error) {
	if err = e.get(ctx, path, query, &items); err == nil && items == nil {
		err = fmt.Errorf("GET %s: %w: null", path, errNonsense)
	}
	return items, err
}

// looseAddr reads an address that may have a prefix length. Invalid when it is neither.
func looseAddr(s string) netip.Addr {
	s, _, _ = strings.Cut(s, "/")
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap()
}
