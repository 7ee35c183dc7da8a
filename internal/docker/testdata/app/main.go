// SPDX-License-Identifier: Apache-2.0

// app is the only program in the containers of the tests. It answers over HTTP what the test wants to know of its
// container: GET /lookup?name=N, the addresses that the container's name service has for N.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello")
	})
	http.HandleFunc("/lookup", func(w http.ResponseWriter, r *http.Request) {
		addrs, err := net.DefaultResolver.LookupNetIP(r.Context(), "ip", r.FormValue("name"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		for _, addr := range addrs {
			fmt.Fprintln(w, addr.Unmap())
		}
	})
	log.Fatal(http.ListenAndServe(":80", nil))
}
