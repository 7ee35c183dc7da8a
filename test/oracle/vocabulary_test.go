// SPDX-License-Identifier: Apache-2.0

package oracle

import "math/rand/v2"

// What labels, rules and packets are made of: little enough that they meet.

func one[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// chance is true in so many of a hundred cases.
func chance(random *rand.Rand, percent int) bool { return random.IntN(100) < percent }

var values = map[string][]string{
	"role": {"web", "db", "app"},
	"env":  {"prod", "dev", "test"},
	"tls":  {"", "yes"},
	"size": {"1", "2", "3", "big"},

	"namespace":      {"shop", "blog"},
	"namespace/team": {"ops", "dev"},

	"port/http":    {"80", "8080", "0", "65536", "none"},
	"port/metrics": {"9100", "443"},
}

// teams are the labels of the namespaces: all pods of one have the same.
var teams = map[string]string{"shop": "ops", "blog": "dev"}

func labelSet(random *rand.Rand) map[string]string {
	set := map[string]string{}
	for _, key := range []string{"role", "env", "tls", "size", "port/http", "port/metrics"} {
		if chance(random, 65) {
			set[key] = one(random, values[key]...)
		}
	}
	if chance(random, 75) {
		set["namespace"] = one(random, values["namespace"]...)
		set["namespace/team"] = teams[set["namespace"]]
	}
	return set
}

// someLabels are those of the containers: two have the same, one has none.
func someLabels(random *rand.Rand) (all []map[string]string) {
	for range 8 {
		all = append(all, labelSet(random))
	}
	return append(all, all[0], map[string]string{})
}

// The prefixes are nested, and the addresses of the world are in none, one or several of them.
var prefixes = []string{
	"0.0.0.0/0", "203.0.113.0/24", "203.0.113.64/26", "203.0.113.77/32", "198.0.0.0/8", "198.51.100.0/24", "10.9.0.0/16", "10.0.0.0/12",
	"::/0", "2001:db8::/32", "2001:db8:f::/48", "2001:db8:f:1::/64", "2001:db8:f::1/128", "2001:db8:bad::/48", "fd99::/16",
}
