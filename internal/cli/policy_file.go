// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/api"
)

// standardInput is what errors call it.
const standardInput = "standard input"

// fileFlag declares -f, which may be given several times.
func fileFlag(c *cobra.Command, files *[]string) {
	c.Flags().StringArrayVarP(files, "file", "f", nil, "YAML `FILE`, several if repeated; - is the standard input")
}

// open opens file, or standard input for "-", and returns what errors call it.
func (a *app) open(file string) (in io.ReadCloser, source string, err error) {
	switch {
	case file != "-":
		in, err := os.Open(file)
		return in, file, err
	case a.inUsed:
		return nil, standardInput, usagef("-: the standard input can be read only once")
	}
	a.inUsed = true
	return io.NopCloser(a.in), standardInput, nil
}

// read reads file, or standard input for "-", and returns what errors call it.
func (a *app) read(file string) (content []byte, source string, err error) {
	in, source, err := a.open(file)
	if err != nil {
		return nil, source, err
	}
	defer in.Close()
	content, err = io.ReadAll(io.LimitReader(in, api.MaxBody+1))
	if err != nil {
		return nil, source, fmt.Errorf("reading %s: %w", source, err)
	}
	if len(content) > api.MaxBody {
		return nil, source, fmt.Errorf("%s is larger than %d MiB", source, api.MaxBody>>20)
	}
	return content, source, nil
}

// readPolicies reads files as they are: the agent knows what may stand in them.
func (a *app) readPolicies(files []string) (policies []api.PolicyFile, err error) {
	for _, file := range files {
		content, source, err := a.read(file)
		if err != nil {
			return nil, err
		}
		policies = append(policies, api.PolicyFile{Source: source, Text: string(content)})
	}
	return policies, nil
}
