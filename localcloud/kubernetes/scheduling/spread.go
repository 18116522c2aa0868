package scheduling

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// ownTerms are the required anti-affinity terms by which copies of a pod keep away from each other.
func ownTerms(pod *corev1.PodSpec, podLabels map[string]string) []corev1.PodAffinityTerm {
	if pod.Affinity == nil || pod.Affinity.PodAntiAffinity == nil {
		return nil
	}
	var own []corev1.PodAffinityTerm
	for _, term := range pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		selector, err := metav1.LabelSelectorAsSelector(term.LabelSelector)
		if err == nil && selector.Matches(labels.Set(podLabels)) {
			own = append(own, term)
		}
	}
	return own
}

// domains counts the different places that a topology key tells apart among the pools.
func domains(key string, pools []Pool) int {
	if key == corev1.LabelHostname {
		nodes := 0
		for _, p := range pools {
			nodes += p.Nodes
		}
		return nodes
	}
	values := map[string]bool{}
	for _, p := range pools {
		if value, ok := p.Labels[key]; ok && p.Nodes > 0 {
			values[value] = true
		}
	}
	return len(values)
}
