// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	chunk       = 64 << 10 // bytes written at once
	chunkPeriod = 10 * time.Millisecond
	tickPeriod  = 100 * time.Millisecond
)

// bytesTrailer comes after the last byte of a download: how many there were.
const bytesTrailer = "Bytes-Sent"

func serve(address string, name []string) error {
	if len(name) == 0 {
		host, _ := os.Hostname() // a container's short identifier; empty is fine
		name = []string{host}
	}
	var finished atomic.Int64 // counts requests for /finish
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello %s, this is %s\n", r.RemoteAddr, name[0])
	})
	mux.HandleFunc("GET /ticks", tick)
	mux.HandleFunc("GET /download", func(w http.ResponseWriter, r *http.Request) { stream(w, r, &finished) })
	mux.HandleFunc("GET /finish", func(w http.ResponseWriter, _ *http.Request) {
		finished.Add(1)
		fmt.Fprintln(w, "every download ends now")
	})
	return http.ListenAndServe(address, mux)
}

// tick writes a numbered line every tickPeriod until the client goes away.
func tick(w http.ResponseWriter, r *http.Request) {
	out := http.NewResponseController(w)
	for n := 1; r.Context().Err() == nil; n++ {
		fmt.Fprintf(w, "tick %d\n", n)
		if out.Flush() != nil {
			return
		}
		time.Sleep(tickPeriod)
	}
}

// stream writes about 6 MB/s until somebody asks for /finish, then how many bytes that was.
func stream(w http.ResponseWriter, r *http.Request, finished *atomic.Int64) {
	w.Header().Set("Trailer", bytesTrailer)
	buffer := make([]byte, chunk)
	sent := 0
	for start := finished.Load(); finished.Load() == start && r.Context().Err() == nil; {
		n, err := w.Write(buffer)
		sent += n
		if err != nil {
			return
		}
		time.Sleep(chunkPeriod)
	}
	w.Header().Set(bytesTrailer, strconv.Itoa(sent))
}
