// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// maxAwait is how long a client may have a request wait, in seconds. It may ask again.
const maxAwait = 60

// enforcement waits for as many seconds as the client says until every node enforces a revision of the policies.
func (s *Server) enforcement(w http.ResponseWriter, r *http.Request) {
	number, err := revision(r)
	if err == nil && number == 0 {
		err = Fault(ErrInvalid, errors.New("no revision given to wait for"))
	}
	seconds, countErr := count(r, "seconds", 0)
	if countErr == nil && seconds > maxAwait {
		countErr = Fault(ErrInvalid, fmt.Errorf("seconds: %d are more than %d", seconds, maxAwait))
	}
	if err := errors.Join(err, countErr); err != nil {
		writeError(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(seconds)*time.Second)
	defer cancel()
	reply(w)(s.agent.AwaitPolicies(ctx, number))
}
