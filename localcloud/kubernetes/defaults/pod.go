package defaults

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	gracePeriod      = 30 // seconds
	probeTimeout     = 1  // seconds
	probePeriod      = 10 // seconds
	probeSuccesses   = 1
	probeFailures    = 3
	fileMode         = int32(0o644)
	tokenExpiration  = int64(3600) // seconds
	latestTag        = "latest"
	terminationLog   = corev1.TerminationMessagePathDefault
	defaultScheduler = corev1.DefaultSchedulerName
)

func pod(s *corev1.PodSpec) {
	fill(&s.RestartPolicy, corev1.RestartPolicyAlways)
	fill(&s.DNSPolicy, corev1.DNSClusterFirst)
	fill(&s.SchedulerName, defaultScheduler)
	set(&s.TerminationGracePeriodSeconds, gracePeriod)
	set(&s.SecurityContext, corev1.PodSecurityContext{})
	// The two names of the service account are kept equal for clients of the old one.
	if s.ServiceAccountName == "" {
		s.ServiceAccountName = s.DeprecatedServiceAccount
	}
	s.DeprecatedServiceAccount = s.ServiceAccountName
	for i := range s.InitContainers {
		container(&s.InitContainers[i])
	}
	for i := range s.Containers {
		container(&s.Containers[i])
	}
	for i := range s.Volumes {
		volume(&s.Volumes[i].VolumeSource)
	}
}

func container(c *corev1.Container) {
	fill(&c.ImagePullPolicy, pullPolicy(c.Image))
	fill(&c.TerminationMessagePath, terminationLog)
	fill(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	for i := range c.Ports {
		fill(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		if source := c.Env[i].ValueFrom; source != nil && source.FieldRef != nil {
			fill(&source.FieldRef.APIVersion, "v1")
		}
	}
	for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if p != nil {
			probe(p)
		}
	}
	requestsFromLimits(&c.Resources)
}

// requestsFromLimits requests what is limited and not requested.
func requestsFromLimits(r *corev1.ResourceRequirements) {
	for name, quantity := range r.Limits {
		if _, requested := r.Requests[name]; requested {
			continue
		}
		if r.Requests == nil {
			r.Requests = corev1.ResourceList{}
		}
		r.Requests[name] = quantity.DeepCopy()
	}
}

// pullPolicy is Always for images that may change under their name.
func pullPolicy(image string) corev1.PullPolicy {
	if strings.Contains(image, "@") {
		return corev1.PullIfNotPresent
	}
	name := image[strings.LastIndex(image, "/")+1:]
	if _, tag, tagged := strings.Cut(name, ":"); !tagged || tag == latestTag {
		return corev1.PullAlways
	}
	return corev1.PullIfNotPresent
}

func probe(p *corev1.Probe) {
	fill(&p.TimeoutSeconds, probeTimeout)
	fill(&p.PeriodSeconds, probePeriod)
	fill(&p.SuccessThreshold, probeSuccesses)
	fill(&p.FailureThreshold, probeFailures)
	if p.HTTPGet != nil {
		fill(&p.HTTPGet.Path, "/")
		fill(&p.HTTPGet.Scheme, corev1.URISchemeHTTP)
	}
	if p.GRPC != nil {
		set(&p.GRPC.Service, "")
	}
}

func volume(v *corev1.VolumeSource) {
	switch {
	case v.ConfigMap != nil:
		set(&v.ConfigMap.DefaultMode, fileMode)
	case v.Secret != nil:
		set(&v.Secret.DefaultMode, fileMode)
	case v.DownwardAPI != nil:
		set(&v.DownwardAPI.DefaultMode, fileMode)
		for i := range v.DownwardAPI.Items {
			if ref := v.DownwardAPI.Items[i].FieldRef; ref != nil {
				fill(&ref.APIVersion, "v1")
			}
		}
	case v.Projected != nil:
		set(&v.Projected.DefaultMode, fileMode)
		for i := range v.Projected.Sources {
			if token := v.Projected.Sources[i].ServiceAccountToken; token != nil {
				set(&token.ExpirationSeconds, tokenExpiration)
			}
		}
	case v.HostPath != nil:
		set(&v.HostPath.Type, corev1.HostPathUnset)
	case emptySource(v):
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
}

// emptySource says that a volume names no source at all, which means an empty directory.
func emptySource(v *corev1.VolumeSource) bool { return *v == corev1.VolumeSource{} }
