// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// count reads a query parameter that is a number from 0 on; otherwise if it is not given.
func count(r *http.Request, key string, otherwise int) (int, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, Fault(ErrInvalid, fmt.Errorf("%s: %q is not a number from 0 to %d", key, text, 1<<31-1))
	}
	return int(n), nil
}

// revision reads the query parameter of that name; 0, which no revision of policies is, if it is not given.
func revision(r *http.Request) (uint64, error) {
	text := r.URL.Query().Get("revision")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return 0, Fault(ErrInvalid, fmt.Errorf("revision: %q is not a number from 1 on", text))
	}
	return n, nil
}

// truth reads a query parameter that is true or false; otherwise if it is not given.
func truth(r *http.Request, key string, otherwise bool) (bool, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return otherwise, nil
	}
	yes, err := strconv.ParseBool(text)
	if err != nil {
		return false, Fault(ErrInvalid, fmt.Errorf("%s: %q is neither true nor false", key, text))
	}
	return yes, nil
}

// oneOf reads a query parameter that is one of some words; the first of them if it is not given.
func oneOf(r *http.Request, key string, words ...string) (string, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return words[0], nil
	}
	for _, word := range words {
		if text == word {
			return word, nil
		}
	}
	return "", Fault(ErrInvalid, fmt.Errorf("%s: %q is none of %s", key, text, strings.Join(words, ", ")))
}
