package kubernetes_test

const (
	namespaceToken   = "kubernetes:core/v1:Namespace"
	configMapToken   = "kubernetes:core/v1:ConfigMap"
	secretToken      = "kubernetes:core/v1:Secret"
	serviceToken     = "kubernetes:core/v1:Service"
	deploymentToken  = "kubernetes:apps/v1:Deployment"
	statefulSetToken = "kubernetes:apps/v1:StatefulSet"
	daemonSetToken   = "kubernetes:apps/v1:DaemonSet"
	autoscalerToken  = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
)

type m = map[string]any

func metadata(name string) m { return m{"name": name, "namespace": "shard-a"} }

func namespace(labels m) m { return m{"metadata": m{"name": "shard-a", "labels": labels}} }

// podTemplate is a pod that runs on the pool of zone 1 and meets the restricted standard.
func podTemplate(app string) m {
	return m{
		"metadata": m{"labels": m{"app": app}},
		"spec": m{
			"nodeSelector": m{"topology.kubernetes.io/zone": "westeurope-1"},
			"tolerations":  []any{m{"key": "meet.jitsi/shard", "operator": "Exists"}},
			"securityContext": m{
				"runAsNonRoot": true, "runAsUser": 1000.0, "seccompProfile": m{"type": "RuntimeDefault"},
			},
			"containers": []any{m{
				"name": app, "image": "docker.io/jitsi/" + app + ":stable-9999",
				"ports":          []any{m{"name": "main", "containerPort": 8080.0}},
				"readinessProbe": m{"tcpSocket": m{"port": "main"}},
				"resources": m{
					"requests": m{"cpu": "500m", "memory": "256Mi"}, "limits": m{"memory": "512Mi"},
				},
				"securityContext": m{
					"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
					"capabilities": m{"drop": []any{"ALL"}},
				},
			}},
		},
	}
}

func container(template m) m {
	spec, _ := template["spec"].(m)
	containers, _ := spec["containers"].([]any)
	first, _ := containers[0].(m)
	return first
}

func workload(name string) m {
	return m{
		"metadata": metadata(name),
		"spec":     m{"selector": m{"matchLabels": m{"app": name}}, "template": podTemplate(name)},
	}
}

func specOf(object m) m {
	spec, _ := object["spec"].(m)
	return spec
}

func templateOf(object m) m {
	template, _ := specOf(object)["template"].(m)
	return template
}

func statefulSet(name, strategy string) m {
	set := workload(name)
	spec := specOf(set)
	spec["serviceName"], spec["replicas"] = name, 1.0
	spec["updateStrategy"] = m{"type": strategy}
	return set
}

func service(name string) m {
	return m{"metadata": metadata(name), "spec": m{
		"selector": m{"app": name}, "ports": []any{m{"name": "main", "port": 80.0, "targetPort": "main"}},
	}}
}
