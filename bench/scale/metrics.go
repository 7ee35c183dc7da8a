// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/bench/cluster"
)

// metrics are etcd's by name, those with labels summed up.
type metrics map[string]float64

// scrape reads them, in Prometheus' text format: NAME{LABELS} VALUE.
func scrape(client *http.Client) (metrics, error) {
	answer, err := client.Get(cluster.URL + "/metrics")
	if err != nil {
		return nil, fmt.Errorf("reading etcd's metrics: %w", err)
	}
	defer answer.Body.Close()
	all := metrics{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || end < 0 {
			continue
		}
		value, err := strconv.ParseFloat(line[end+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("reading etcd's metrics: %w", err)
		}
		name, _, _ := strings.Cut(line[:end], "{")
		all[name] += value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading etcd's metrics: %w", err)
	}
	return all, nil
}
