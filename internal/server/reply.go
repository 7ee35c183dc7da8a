// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/http"
)

// reply answers with what a call of the agent returned.
func reply(w http.ResponseWriter) func(value any, err error) {
	return func(value any, err error) {
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, value)
	}
}

// show answers with what get returns.
func show[T any](get func(context.Context) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := get(r.Context())
		reply(w)(value, err)
	}
}

// list is show for a slice: none is [], not null.
func list[T any](get func(context.Context) ([]T, error)) http.HandlerFunc {
	return show(func(ctx context.Context) ([]T, error) {
		values, err := get(ctx)
		return append([]T{}, values...), err
	})
}

// named answers with what do returns for the path's {name}.
func named[T any](do func(context.Context, string) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := do(r.Context(), r.PathValue("name"))
		reply(w)(value, err)
	}
}
