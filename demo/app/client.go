// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// patience is how long get waits for an answer, and download and hold for a connection.
const patience = 2 * time.Second

// errSilence is what a dropped packet looks like from inside.
var errSilence = fmt.Errorf("no answer in %v", patience)

type client struct{ http http.Client }

func newClient(only4, only6 bool) client {
	network := "tcp"
	switch {
	case only4:
		network = "tcp4"
	case only6:
		network = "tcp6"
	}
	dialer := net.Dialer{Timeout: patience}
	return client{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
	}}}
}

// fetch returns the open answer to a request for url, which the caller closes.
func (c client) fetch(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return nil, fmt.Errorf("get %s: %w", url, errSilence)
	}
	return response, err
}

func get(ctx context.Context, c client, url string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return hold(ctx, c, url, out)
}

// hold copies the answer to out as it comes.
func hold(ctx context.Context, c client, url string, out io.Writer) error {
	response, err := c.fetch(ctx, url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(out, response.Body)
	return err
}

// download reads the answer to its end and holds it against the count that the server sends last.
func download(ctx context.Context, c client, url string, out io.Writer) error {
	response, err := c.fetch(ctx, url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	got, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		return fmt.Errorf("download broke after %d bytes: %w", got, err)
	}
	if sent := response.Trailer.Get(bytesTrailer); sent != strconv.FormatInt(got, 10) {
		return fmt.Errorf("got %d bytes of %s", got, sent)
	}
	fmt.Fprintf(out, "got all %d bytes, over one connection\n", got)
	return nil
}
