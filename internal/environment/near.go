package environment

import (
	"sort"
	"strings"

	"jitsi-meet-azure/internal/spelling"
)

// nearest is the candidate that a mistyped value was probably meant to be, or "" if none is near.
func nearest(value string, candidates []string) string {
	if near := closest(value, candidates); len(near) > 0 {
		return near[0]
	}
	return ""
}

// longestCompared keeps the comparison cheap: no name is longer.
const longestCompared = 64

// mostSuggested is how many candidates a message names.
const mostSuggested = 3

// closest returns the candidates that are spelled like the value, the nearest first.
func closest(value string, candidates []string) []string {
	wanted := fold(value)
	if len(wanted) > longestCompared || wanted == "" {
		return nil
	}
	distances := map[string]int{}
	var near []string
	for _, candidate := range candidates {
		if d := spelling.Distance(wanted, fold(candidate)); d <= 1+len(wanted)/4 {
			distances[candidate] = d
			near = append(near, candidate)
		}
	}
	sort.SliceStable(near, func(i, j int) bool { return distances[near[i]] < distances[near[j]] })
	return near[:min(len(near), mostSuggested)]
}

// fold takes away what people write differently: case, spaces, hyphens and underscores.
func fold(value string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(value))
}
