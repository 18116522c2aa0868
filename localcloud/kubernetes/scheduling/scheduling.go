// Package scheduling tells whether the pools of a cluster have a node that a pod may run on.
//
// It looks at labels, taints and the number of nodes, not at how full the nodes are.
package scheduling

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Pool is a group of equal nodes in one zone. A pool over three zones is three of these.
type Pool struct {
	Name, Zone string
	// Nodes is how many nodes the zone's part of the pool can have, with the cluster autoscaler at its maximum.
	Nodes  int
	Labels map[string]string
	Taints []corev1.Taint
}

// ParseTaint reads a taint as AKS writes it, "key=value:Effect".
func ParseTaint(text string) (corev1.Taint, error) {
	pair, effect, ok := strings.Cut(text, ":")
	key, value, _ := strings.Cut(pair, "=")
	if !ok || key == "" {
		return corev1.Taint{}, fmt.Errorf("taint %q has not the form key=value:Effect", text)
	}
	return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)}, nil
}

// Unplaced is the scheduler's message about a pod of which the given number of copies cannot all run; empty when they
// can.
func Unplaced(pod *corev1.PodSpec, labels map[string]string, copies int, pools []Pool) string {
	var fitting []Pool
	nodes, unmatched := 0, 0
	untolerated := map[string]int{}
	for _, p := range pools {
		nodes += p.Nodes
		switch taint, tainted := firstUntolerated(pod.Tolerations, p.Taints); {
		case !matches(pod, p):
			unmatched += p.Nodes
		case tainted:
			untolerated[fmt.Sprintf("{%s: %s}", taint.Key, taint.Value)] += p.Nodes
		default:
			fitting = append(fitting, p)
		}
	}
	if len(fitting) == 0 {
		return fmt.Sprintf("0/%d nodes are available: %s", nodes, strings.Join(reasons(unmatched, untolerated), ", "))
	}
	for _, term := range ownTerms(pod, labels) {
		if places := domains(term.TopologyKey, fitting); copies > places {
			return fmt.Sprintf("0/%d nodes are available: %d node(s) didn't match pod anti-affinity rules "+
				"(%d copies, %d different %s)", nodes, places, copies, places, term.TopologyKey)
		}
	}
	return ""
}

func reasons(unmatched int, untolerated map[string]int) []string {
	var texts []string
	if unmatched > 0 {
		texts = append(texts, fmt.Sprintf("%d node(s) didn't match Pod's node affinity/selector", unmatched))
	}
	for taint, count := range untolerated {
		texts = append(texts, fmt.Sprintf("%d node(s) had untolerated taint %s", count, taint))
	}
	sort.Strings(texts)
	if len(texts) == 0 {
		return []string{"the cluster has no node pool"}
	}
	return texts
}

func firstUntolerated(tolerations []corev1.Toleration, taints []corev1.Taint) (corev1.Taint, bool) {
	for i := range taints {
		if taints[i].Effect == corev1.TaintEffectPreferNoSchedule {
			continue
		}
		tolerated := false
		for j := range tolerations {
			tolerated = tolerated || tolerates(tolerations[j], taints[i])
		}
		if !tolerated {
			return taints[i], true
		}
	}
	return corev1.Taint{}, false
}

func tolerates(t corev1.Toleration, taint corev1.Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
		return false
	}
	return t.Operator == corev1.TolerationOpExists || t.Key != "" && t.Value == taint.Value
}

func matches(pod *corev1.PodSpec, p Pool) bool {
	for key, value := range pod.NodeSelector {
		if p.Labels[key] != value {
			return false
		}
	}
	if pod.Affinity == nil || pod.Affinity.NodeAffinity == nil {
		return true
	}
	required := pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if required == nil {
		return true
	}
	for _, term := range required.NodeSelectorTerms {
		if termMatches(term, p) {
			return true
		}
	}
	return false
}

// termMatches is false for a term without expressions, which selects no node.
func termMatches(term corev1.NodeSelectorTerm, p Pool) bool {
	for _, e := range term.MatchExpressions {
		if !expressionMatches(e, p.Labels) {
			return false
		}
	}
	return len(term.MatchExpressions) > 0
}

func expressionMatches(e corev1.NodeSelectorRequirement, labels map[string]string) bool {
	value, has := labels[e.Key]
	switch e.Operator {
	case corev1.NodeSelectorOpIn:
		return has && contains(e.Values, value)
	case corev1.NodeSelectorOpNotIn:
		return !has || !contains(e.Values, value)
	case corev1.NodeSelectorOpExists:
		return has
	case corev1.NodeSelectorOpDoesNotExist:
		return !has
	case corev1.NodeSelectorOpGt:
		return has && compares(value, e.Values, func(a, b int) bool { return a > b })
	case corev1.NodeSelectorOpLt:
		return has && compares(value, e.Values, func(a, b int) bool { return a < b })
	default:
		return false
	}
}

func compares(value string, bound []string, ordered func(a, b int) bool) bool {
	if len(bound) != 1 {
		return false
	}
	a, errA := strconv.Atoi(value)
	b, errB := strconv.Atoi(bound[0])
	return errA == nil && errB == nil && ordered(a, b)
}

func contains(all []string, one string) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}
