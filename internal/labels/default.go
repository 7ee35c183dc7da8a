// SPDX-License-Identifier: Apache-2.0

package labels

// DefaultPatterns leaves out what tools write on containers for themselves: image descriptions,
// and numbers, hashes and paths that change while the workload's role does not. Compose's project
// and service stay: they are how a Compose user names a role.
func DefaultPatterns() []string {
	return []string{
		// Image descriptions.
		"-maintainer",
		"-org.opencontainers.*",
		"-org.label-schema.*",
		"-io.buildah.*",
		"-com.docker.image.*",

		// Docker Compose (github.com/docker/compose, pkg/api/labels.go) and Docker Desktop.
		"-com.docker.compose.*",
		"com.docker.compose.project",
		"com.docker.compose.service",
		"-com.docker.desktop.*",
		"-desktop.docker.io/*",

		// Kubernetes controllers.
		"-pod-template-hash",
		"-pod-template-generation",
		"-controller-revision-hash",
		"-statefulset.kubernetes.io/pod-name",
		"-apps.kubernetes.io/pod-index",
		"-batch.kubernetes.io/*",
	}
}

// DefaultFilter is the filter of DefaultPatterns.
func DefaultFilter() Filter {
	filter, err := NewFilter(DefaultPatterns())
	if err != nil {
		panic(err) // the patterns are constants above
	}
	return filter
}
