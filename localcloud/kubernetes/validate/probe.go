package validate

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func probes(c *corev1.Container, path *field.Path) field.ErrorList {
	errs := probe(c.LivenessProbe, c.Ports, path.Child("livenessProbe"))
	errs = append(errs, probe(c.StartupProbe, c.Ports, path.Child("startupProbe"))...)
	errs = append(errs, probe(c.ReadinessProbe, c.Ports, path.Child("readinessProbe"))...)
	// A container that fails a liveness or startup probe is restarted at once: it cannot have to succeed twice.
	for name, p := range map[string]*corev1.Probe{"livenessProbe": c.LivenessProbe, "startupProbe": c.StartupProbe} {
		if p != nil && p.SuccessThreshold != 1 {
			errs = append(errs, field.Invalid(path.Child(name, "successThreshold"), p.SuccessThreshold, "must be 1"))
		}
	}
	if c.ReadinessProbe != nil && c.ReadinessProbe.TerminationGracePeriodSeconds != nil {
		errs = append(errs, field.Invalid(path.Child("readinessProbe", "terminationGracePeriodSeconds"),
			*c.ReadinessProbe.TerminationGracePeriodSeconds, "must not be set for readinessProbes"))
	}
	return append(errs, lifecycle(c, path.Child("lifecycle"))...)
}

func probe(p *corev1.Probe, ports []corev1.ContainerPort, path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	var errs field.ErrorList
	handlers := 0
	if p.Exec != nil {
		handlers++
		errs = append(errs, command(p.Exec, path.Child("exec"))...)
	}
	if p.HTTPGet != nil {
		handlers++
		errs = append(errs, httpGet(p.HTTPGet, ports, path.Child("httpGet"))...)
	}
	if p.TCPSocket != nil {
		handlers++
		errs = append(errs, portRef(p.TCPSocket.Port, ports, path.Child("tcpSocket", "port"))...)
	}
	if p.GRPC != nil {
		handlers++
		errs = append(errs, portNumber(p.GRPC.Port, path.Child("grpc", "port"))...)
	}
	if handlers != 1 {
		errs = append(errs, field.Required(path, "must specify exactly one handler type"))
	}
	for name, value := range map[string]int32{
		"initialDelaySeconds": p.InitialDelaySeconds, "timeoutSeconds": p.TimeoutSeconds,
		"periodSeconds": p.PeriodSeconds, "successThreshold": p.SuccessThreshold, "failureThreshold": p.FailureThreshold,
	} {
		errs = append(errs, notNegative(int64(value), path.Child(name))...)
	}
	return errs
}

func command(e *corev1.ExecAction, path *field.Path) field.ErrorList {
	if len(e.Command) == 0 {
		return field.ErrorList{field.Required(path.Child("command"), "")}
	}
	return nil
}

func httpGet(h *corev1.HTTPGetAction, ports []corev1.ContainerPort, path *field.Path) field.ErrorList {
	errs := required(h.Path, path.Child("path"))
	errs = append(errs, portRef(h.Port, ports, path.Child("port"))...)
	errs = append(errs, oneOf(h.Scheme, path.Child("scheme"), corev1.URISchemeHTTP, corev1.URISchemeHTTPS)...)
	for i, header := range h.HTTPHeaders {
		errs = append(errs, complaints(validation.IsHTTPHeaderName(header.Name), header.Name,
			path.Child("httpHeaders").Index(i).Child("name"))...)
	}
	return errs
}

// portRef checks a port given by number or by the name of one of the container's ports. The kubelet cannot resolve a
// name that the container does not declare, which an API server lets pass.
func portRef(port intstr.IntOrString, ports []corev1.ContainerPort, path *field.Path) field.ErrorList {
	if port.Type == intstr.Int {
		return portNumber(port.IntVal, path)
	}
	if found := validation.IsValidPortName(port.StrVal); len(found) > 0 {
		return complaints(found, port.StrVal, path)
	}
	for _, p := range ports {
		if p.Name == port.StrVal {
			return nil
		}
	}
	return field.ErrorList{field.NotFound(path, port.StrVal)}
}

func lifecycle(c *corev1.Container, path *field.Path) field.ErrorList {
	if c.Lifecycle == nil {
		return nil
	}
	var errs field.ErrorList
	for name, h := range map[string]*corev1.LifecycleHandler{
		"postStart": c.Lifecycle.PostStart, "preStop": c.Lifecycle.PreStop,
	} {
		if h == nil {
			continue
		}
		handlers := 0
		for _, given := range []bool{h.Exec != nil, h.HTTPGet != nil, h.TCPSocket != nil, h.Sleep != nil} {
			if given {
				handlers++
			}
		}
		if handlers != 1 {
			errs = append(errs, field.Required(path.Child(name), "must specify exactly one handler type"))
		}
		if h.Exec != nil {
			errs = append(errs, command(h.Exec, path.Child(name, "exec"))...)
		}
		if h.HTTPGet != nil {
			errs = append(errs, httpGetHook(h.HTTPGet, c.Ports, path.Child(name, "httpGet"))...)
		}
	}
	return errs
}

// httpGetHook is httpGet for hooks, whose defaults the server fills in on use.
func httpGetHook(h *corev1.HTTPGetAction, ports []corev1.ContainerPort, path *field.Path) field.ErrorList {
	full := *h
	if full.Path == "" {
		full.Path = "/"
	}
	if full.Scheme == "" {
		full.Scheme = corev1.URISchemeHTTP
	}
	return httpGet(&full, ports, path)
}
