// SPDX-License-Identifier: Apache-2.0

package oracle

import "fmt"

// heed takes explain's advice on a denied probe: with the policy that it suggests beside the others, the probe passes.
func (r *round) heed(a answers) (problem string) {
	if a.want.Allowed || a.explained.Suggestion == "" {
		return ""
	}
	suggested := read(a.explained.Suggestion)
	advised := newRound(r.cluster, r.mode, append(r.documents[:len(r.documents):len(r.documents)], documentsIn(a.explained.Suggestion)...))
	if len(advised.rules) != len(r.rules)+len(suggested) || len(suggested) == 0 {
		return "explain suggests no policy:\n" + a.explained.Suggestion
	}
	if err := advised.apply(); err != nil {
		return fmt.Sprintf("explain suggests what is refused: %v\n%s", err, a.explained.Suggestion)
	}
	again := advised.send([]probe{r.again(a.probe)})[0]
	problem = again.problem()
	if problem == "" && !again.want.Allowed {
		problem = rulingText(&again.want)
	}
	if problem != "" {
		problem = fmt.Sprintf("explain suggests what does not help: %s\n%s", problem, a.explained.Suggestion)
	}
	return problem
}
