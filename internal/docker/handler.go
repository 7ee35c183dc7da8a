// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/docker/go-plugins-helpers/network"
	"github.com/docker/go-plugins-helpers/sdk"
)

// maxRequest bounds a request's body, in bytes. The largest real ones (hundreds of published ports) have some 100 KiB.
const maxRequest = 4 << 20

// newHandler serves both drivers on one socket. The handlers of go-plugins-helpers can not share one (each brings
// its own manifest) and hand no context on; its types of requests and answers are used.
func newHandler(n *networkDriver, i *ipamDriver, log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	post(mux, log, "/Plugin.Activate", activate)

	post(mux, log, "/NetworkDriver.GetCapabilities", n.capabilities)
	post(mux, log, "/NetworkDriver.CreateNetwork", n.createNetwork)
	post(mux, log, "/NetworkDriver.DeleteNetwork", n.deleteNetwork)
	post(mux, log, "/NetworkDriver.CreateEndpoint", n.createEndpoint)
	post(mux, log, "/NetworkDriver.DeleteEndpoint", n.deleteEndpoint)
	post(mux, log, "/NetworkDriver.EndpointOperInfo", n.endpointInfo)
	post(mux, log, "/NetworkDriver.Join", n.join)
	post(mux, log, "/NetworkDriver.Leave", n.leave)
	post(mux, log, "/NetworkDriver.ProgramExternalConnectivity", n.programExternal)
	post(mux, log, "/NetworkDriver.RevokeExternalConnectivity", ignore)
	post(mux, log, "/NetworkDriver.DiscoverNew", ignore)
	post(mux, log, "/NetworkDriver.DiscoverDelete", ignore)

	post(mux, log, "/IpamDriver.GetCapabilities", i.capabilities)
	post(mux, log, "/IpamDriver.GetDefaultAddressSpaces", i.addressSpaces)
	post(mux, log, "/IpamDriver.RequestPool", i.requestPool)
	post(mux, log, "/IpamDriver.ReleasePool", i.releasePool)
	post(mux, log, "/IpamDriver.RequestAddress", i.requestAddress)
	post(mux, log, "/IpamDriver.ReleaseAddress", i.releaseAddress)
	return mux
}

type manifest struct{ Implements []string }

func activate(context.Context, *none) (*manifest, error) {
	return &manifest{Implements: []string{"NetworkDriver", "IpamDriver"}}, nil
}

func ignore(context.Context, *none) (*none, error) { return &none{}, nil }

// post serves one method of the plugin protocol. Docker shows a failed one's error to its user.
func post[Request, Answer any](mux *http.ServeMux, log *slog.Logger, path string, call func(context.Context, *Request) (*Answer, error)) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		request := new(Request)
		if err := decode(http.MaxBytesReader(w, r.Body, maxRequest), request); err != nil {
			sdk.EncodeResponse(w, network.NewErrorResponse(oneLine(err)), true)
			return
		}
		answer, err := call(r.Context(), request)
		log.Debug("docker asks", "method", path[1:], "request", request, "answer", answer, "err", err)
		if err != nil {
			sdk.EncodeResponse(w, network.NewErrorResponse(oneLine(err)), true)
			return
		}
		sdk.EncodeResponse(w, answer, false)
	})
}

// decode reads one JSON value. No body at all is an empty request; null is one too.
func decode(body io.Reader, request any) error {
	err := json.NewDecoder(body).Decode(request)
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &tooLarge):
		return fmt.Errorf("request is larger than %d bytes", tooLarge.Limit)
	default:
		return fmt.Errorf("request is not understood: %w", err)
	}
}

// oneLine makes what Docker prints after its own words fit there.
func oneLine(err error) string {
	return "hypha: " + strings.Join(strings.Fields(err.Error()), " ")
}
