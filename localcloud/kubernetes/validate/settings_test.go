package validate_test

import (
	"strings"
	"testing"

	"jitsi-meet-azure/localcloud/kubernetes/validate"
)

func TestServices(t *testing.T) {
	t.Parallel()
	const service = "core/v1:Service"
	checkAll(t, map[string]problem{
		"valid":    {service, `spec: {selector: {app: x}, ports: [{port: 80, targetPort: http}]}`, ""},
		"headless": {service, `spec: {clusterIP: None}`, ""},
		"no ports": {service, `spec: {selector: {app: x}}`, `spec.ports: Required value`},
		"several ports need names": {
			service, `spec: {ports: [{port: 80}, {port: 443, name: A}]}`,
			`spec.ports[0].name: Required value
			 spec.ports[1].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
		},
		"one port twice": {
			service, `spec: {ports: [{port: 80, name: a}, {port: 80, name: b}, {port: 80, protocol: UDP, name: a}]}`,
			`spec.ports[1]: Duplicate value: "80/TCP"
			 spec.ports[2].name: Duplicate value: "a"`,
		},
		"port range": {
			service, `spec: {ports: [{port: 0}]}`,
			`spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
			 spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive`,
		},
		"node port": {
			service, `spec: {type: NodePort, ports: [{port: 80, nodePort: 8080}]}`,
			`spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid ports is 30000-32767`,
		},
		"node port inside": {
			service, `spec: {ports: [{port: 80, nodePort: 30080}]}`,
			"spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
		},
		"headless load balancer": {
			service, `spec: {type: LoadBalancer, clusterIP: None, ports: [{port: 80}]}`,
			`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for LoadBalancer services`,
		},
		"traffic policy inside": {
			service, `spec: {externalTrafficPolicy: Local, ports: [{port: 80}]}`,
			`spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services`,
		},
		"source ranges": {
			service, `spec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.1/8], ports: [{port: 80}]}`,
			`spec.loadBalancerSourceRanges[0]: Invalid value: "10.0.0.1/8": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
		},
		"type": {
			service, `spec: {type: Balancer, ports: [{port: 80}]}`,
			`spec.externalTrafficPolicy: Invalid value: "Cluster": may only be set for externally-accessible services
			 spec.type: Unsupported value: "Balancer": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"`,
		},
		"affinity": {
			service, `spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}, ports: [{port: 80}]}`,
			`spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be between 1 and 86400, inclusive`,
		},
		"external name": {service, `spec: {type: ExternalName, externalName: a.example.org}`, ""},
	})
}

func TestPoliciesAndScaling(t *testing.T) {
	t.Parallel()
	const hpa, budget, policy = "autoscaling/v2:HorizontalPodAutoscaler", "policy/v1:PodDisruptionBudget", "networking.k8s.io/v1:NetworkPolicy"
	checkAll(t, map[string]problem{
		"valid autoscaler": {hpa, `spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}`, ""},
		"limits of the autoscaler": {
			hpa, `spec: {minReplicas: 4, maxReplicas: 3, scaleTargetRef: {kind: Deployment}}`,
			"spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`\nspec.scaleTargetRef.name: Required value",
		},
		"metric": {
			hpa, `spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization}}}, {type: Pods, resource: {name: cpu, target: {type: Utilization, averageUtilization: 0}}}]}`,
			`spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization
			 spec.metrics[1]: Forbidden: must populate exactly the source that ` + "`type`" + ` names
			 spec.metrics[1].resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
		},
		"behaviour": {
			hpa, `spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: web}, behavior: {scaleDown: {stabilizationWindowSeconds: 9000, policies: [{type: Pods, value: 0, periodSeconds: 60}]}}}`,
			`spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero
			 spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 9000: must be between 0 and 3600, inclusive`,
		},
		"valid budget":   {budget, `spec: {maxUnavailable: 0, selector: {matchLabels: {app: x}}}`, ""},
		"budget of both": {budget, `spec: {maxUnavailable: 1, minAvailable: 1, selector: {matchLabels: {app: x}}}`, `spec: Invalid value: {"minAvailable":1,"selector":{"matchLabels":{"app":"x"}},"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set`},
		"budget of none": {budget, `spec: {selector: {matchLabels: {app: x}}}`, `spec: Required value: one of minAvailable and maxUnavailable must be set`},
		"valid network policy": {
			policy, `spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 5222}]}], egress: [{to: [{namespaceSelector: {}}]}]}`, "",
		},
		"network policy": {
			policy, `spec: {podSelector: {}, ingress: [{from: [{}, {ipBlock: {cidr: 10.0.0.1}}], ports: [{port: 0}, {port: 10, endPort: 5}]}]}`,
			`spec.ingress[0].from[0]: Required value: must specify a peer
			 spec.ingress[0].from[1].ipBlock.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)
			 spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
			 spec.ingress[0].ports[1].endPort: Invalid value: 5: must be greater than or equal to ` + "`port`",
		},
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	checkAll(t, map[string]problem{
		"config map keys": {
			"core/v1:ConfigMap", `data: {"a/b": x}`,
			`data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
		},
		"config map too large": {
			"core/v1:ConfigMap", `data: {a: ` + strings.Repeat("x", 1<<20+1) + `}`,
			`[]: Too long: may not be more than 1048576 bytes`,
		},
		"tls secret without key": {
			"core/v1:Secret", "type: kubernetes.io/tls\nstringData: {tls.crt: x}", `data[tls.key]: Required value`,
		},
		"tls secret of nothing": {
			"core/v1:Secret", "type: kubernetes.io/tls\nstringData: {tls.crt: x, tls.key: z}",
			`data[tls.crt]: Invalid value: "<secret contents redacted>": tls: failed to find any PEM data in certificate input`,
		},
		"pull secret": {
			"core/v1:Secret", "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: x}",
			`data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": is no JSON`,
		},
		"role": {
			"rbac.authorization.k8s.io/v1:Role", `rules: [{verbs: [get], resources: [pods]}, {nonResourceURLs: [/x]}]`,
			`rules[0].apiGroups: Required value: resource rules must supply at least one api group
			 rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs
			 rules[1].verbs: Required value: verbs must contain at least one value`,
		},
		"binding": {
			"rbac.authorization.k8s.io/v1:RoleBinding", `{roleRef: {kind: Roll, name: r}, subjects: [{kind: ServiceAccount, name: s}, {kind: Robot, name: r}]}`,
			`roleRef.kind: Unsupported value: "Roll": supported values: "ClusterRole", "Role"
			 subjects[0].namespace: Required value
			 subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"`,
		},
		"priority class": {
			"scheduling.k8s.io/v1:PriorityClass", "metadata: {name: system-x}\nvalue: 2000000000",
			`metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only
			 value: Forbidden: maximum allowed value of a user defined priority is 1000000000`,
		},
		"storage class": {
			"storage.k8s.io/v1:StorageClass", `{reclaimPolicy: Burn}`,
			`provisioner: Required value
			 reclaimPolicy: Unsupported value: "Burn": supported values: "Delete", "Retain"`,
		},
	})
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	const template = `template: {metadata: {labels: {app: x}}, spec: {containers: [{name: x, image: x}]}}`
	const matching = `selector: {matchLabels: {app: x}}, ` + template
	for name, test := range map[string]struct{ token, old, updated, want string }{
		"stateful set may change": {
			"apps/v1:StatefulSet", `spec: {replicas: 1, serviceName: x, ` + matching + `}`,
			`spec: {replicas: 2, serviceName: x, updateStrategy: {type: OnDelete}, ` + strings.Replace(matching, "image: x", "image: z", 1) + `}`, "",
		},
		"stateful set may not": {
			"apps/v1:StatefulSet", `spec: {serviceName: x, ` + matching + `}`, `spec: {serviceName: z, ` + matching + `}`,
			`spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden`,
		},
		"deployment": {
			"apps/v1:Deployment", `spec: {` + matching + `}`,
			`spec: {selector: {matchLabels: {app: z}}, ` + strings.Replace(template, "app: x", "app: z", 1) + `}`,
			`spec.selector: Invalid value: {"matchLabels":{"app":"z"}}: field is immutable`,
		},
		"daemon set": {
			"apps/v1:DaemonSet", `spec: {` + matching + `}`,
			`spec: {selector: {matchLabels: {app: z}}, ` + strings.Replace(template, "app: x", "app: z", 1) + `}`,
			`spec.selector: Invalid value: {"matchLabels":{"app":"z"}}: field is immutable`,
		},
		"service address": {
			"core/v1:Service", `spec: {clusterIP: 10.0.0.1, ports: [{port: 1}]}`, `spec: {clusterIP: 10.0.0.2, ports: [{port: 1}]}`,
			`spec.clusterIPs[0]: Invalid value: "10.0.0.2": may not change once set`,
		},
		"secret type": {
			"core/v1:Secret", `stringData: {a: b}`, "type: x/y\nstringData: {a: b}", `type: Invalid value: "x/y": field is immutable`,
		},
		"immutable secret": {
			"core/v1:Secret", "immutable: true\nstringData: {a: b}", "immutable: true\nstringData: {a: c}",
			"data: Forbidden: field is immutable when `immutable` is set",
		},
		"immutable config map": {
			"core/v1:ConfigMap", "immutable: true\ndata: {a: b}", "data: {a: c}",
			"data: Forbidden: field is immutable when `immutable` is set\nimmutable: Forbidden: field is immutable when `immutable` is set",
		},
		"config map": {"core/v1:ConfigMap", "data: {a: b}", "data: {a: c}", ""},
		"role of a binding": {
			"rbac.authorization.k8s.io/v1:RoleBinding", `roleRef: {kind: Role, name: a}`, `roleRef: {kind: Role, name: b}`,
			`roleRef: Invalid value: {"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"b"}: cannot change roleRef`,
		},
		"claim grows": {
			"core/v1:PersistentVolumeClaim", `spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}`,
			`spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}`, "",
		},
		"claim shrinks": {
			"core/v1:PersistentVolumeClaim", `spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}`,
			`spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}`,
			`spec.resources.requests.storage: Forbidden: field can not be less than status.capacity`,
		},
		"priority": {
			"scheduling.k8s.io/v1:PriorityClass", `value: 1`, `value: 2`, `value: Forbidden: may not be changed in an update.`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, old := read(t, test.token, test.old)
			_, updated := read(t, test.token, test.updated)
			compare(t, validate.Update(kind, updated, old).ToAggregate(), test.want)
		})
	}
}
