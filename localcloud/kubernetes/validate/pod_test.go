package validate_test

import "testing"

// inPod wraps the fields of a container and of its pod.
func inPod(container, pod string) string {
	return "spec: {containers: [{name: x, image: x, " + container + "}], " + pod + "}"
}

func TestContainers(t *testing.T) {
	t.Parallel()
	const pod = "core/v1:Pod"
	checkAll(t, map[string]problem{
		"valid": {pod, inPod(`ports: [{name: xmpp, containerPort: 5222}], env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}],
			volumeMounts: [{name: tmp, mountPath: /tmp}], livenessProbe: {tcpSocket: {port: xmpp}},
			resources: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 1Gi}}`,
			`volumes: [{name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}]`), ""},
		"no image": {pod, `spec: {containers: [{name: x}]}`, `spec.containers[0].image: Required value`},
		"no name":  {pod, `spec: {containers: [{image: x}]}`, `spec.containers[0].name: Required value`},
		"one name twice": {
			pod, `spec: {containers: [{name: x, image: x}], initContainers: [{name: x, image: x}]}`,
			`spec.containers[0].name: Duplicate value: "x"`,
		},
		"container name": {
			pod, `spec: {containers: [{name: a_b, image: x}]}`,
			`spec.containers[0].name: Invalid value: "a_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
		},
		"pull policy": {
			pod, inPod(`imagePullPolicy: Sometimes`, ""),
			`spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
		},
		"variable twice": {
			pod, inPod(`env: [{name: A, value: b}, {name: A, value: c}]`, ""),
			`spec.containers[0].env[1].name: Duplicate value: "A"`,
		},
		"variable with two values": {
			pod, inPod(`env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]`, ""),
			"spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty",
		},
		"variable from nowhere": {
			pod, inPod(`env: [{name: A, valueFrom: {}}], envFrom: [{}]`, ""),
			"spec.containers[0].envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`\n" +
				"spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`",
		},
		"unknown field of the pod": {
			pod, inPod(`env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.zone}}}]`, ""),
			`spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "spec.zone": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
		},
		"mount of nothing": {
			pod, inPod(`volumeMounts: [{name: data, mountPath: /data}]`, ""),
			`spec.containers[0].volumeMounts[0].name: Not found: "data"`,
		},
		"two mounts in one place": {
			pod, inPod(`volumeMounts: [{name: a, mountPath: /d}, {name: a, mountPath: /d, subPath: ../x}]`, `volumes: [{name: a}]`),
			`spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/d": must be unique
			 spec.containers[0].volumeMounts[1].subPath: Invalid value: "../x": must not contain '..'`,
		},
		"requests over limits": {
			pod, inPod(`resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}`, ""),
			`spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to memory limit of 1Gi`,
		},
		"misspelt resource": {
			pod, inPod(`resources: {limits: {mem: 1Gi}}`, ""),
			`spec.containers[0].resources.limits[mem]: Invalid value: "mem": must be a standard resource for containers
			 spec.containers[0].resources.requests[mem]: Invalid value: "mem": must be a standard resource for containers`,
		},
		"negative resource": {
			pod, inPod(`resources: {requests: {cpu: -1}}`, ""),
			`spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
		},
		"ports": {
			pod, inPod(`ports: [{containerPort: 99999}, {name: A B, containerPort: 1}, {}, {containerPort: 1}]`, ""),
			`spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive
			 spec.containers[0].ports[1].name: Invalid value: "A B": must contain at least one letter (a-z)
			 spec.containers[0].ports[1].name: Invalid value: "A B": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)
			 spec.containers[0].ports[2].containerPort: Required value
			 spec.containers[0].ports[3]: Duplicate value: "1/TCP"`,
		},
		"escalation of the privileged": {
			pod, inPod(`securityContext: {privileged: true, allowPrivilegeEscalation: false}`, ""),
			"spec.containers[0].securityContext: Invalid value: {\"privileged\":true,\"allowPrivilegeEscalation\":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
		},
	})
}

func TestProbes(t *testing.T) {
	t.Parallel()
	const pod = "core/v1:Pod"
	checkAll(t, map[string]problem{
		"no handler": {
			pod, inPod(`livenessProbe: {periodSeconds: 5}`, ""),
			`spec.containers[0].livenessProbe: Required value: must specify exactly one handler type`,
		},
		"two handlers": {
			pod, inPod(`readinessProbe: {exec: {command: [a]}, tcpSocket: {port: 80}}`, ""),
			`spec.containers[0].readinessProbe: Required value: must specify exactly one handler type`,
		},
		"no command": {
			pod, inPod(`readinessProbe: {exec: {}}`, ""),
			`spec.containers[0].readinessProbe.exec.command: Required value`,
		},
		"unknown port": {
			pod, inPod(`readinessProbe: {httpGet: {port: health}}`, ""),
			`spec.containers[0].readinessProbe.httpGet.port: Not found: "health"`,
		},
		"liveness must succeed once": {
			pod, inPod(`livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}`, ""),
			`spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1`,
		},
		"negative": {
			pod, inPod(`startupProbe: {tcpSocket: {port: 80}, initialDelaySeconds: -1}`, ""),
			`spec.containers[0].startupProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0`,
		},
		"scheme": {
			pod, inPod(`readinessProbe: {httpGet: {port: 80, scheme: http}}`, ""),
			`spec.containers[0].readinessProbe.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"`,
		},
		"hook": {
			pod, inPod(`lifecycle: {preStop: {}}`, ""),
			`spec.containers[0].lifecycle.preStop: Required value: must specify exactly one handler type`,
		},
		"hook with defaults": {pod, inPod(`lifecycle: {preStop: {httpGet: {port: 80}}}`, ""), ""},
		"probe of an init container": {
			pod,
			`spec: {containers: [{name: x, image: x}], initContainers: [{name: z, image: z, livenessProbe: {tcpSocket: {port: 1}}}]}`,
			`spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always`,
		},
		"probe of a sidecar": {
			pod,
			`spec: {containers: [{name: x, image: x}], initContainers: [{name: z, image: z, restartPolicy: Always, livenessProbe: {tcpSocket: {port: 1}}}]}`, "",
		},
	})
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	const pod = "core/v1:Pod"
	checkAll(t, map[string]problem{
		"two types": {
			pod, inPod("", `volumes: [{name: a, emptyDir: {}, secret: {secretName: s}}]`),
			`spec.volumes[0]: Forbidden: must specify exactly one volume type`,
		},
		"one name twice": {pod, inPod("", `volumes: [{name: a}, {name: a}]`), `spec.volumes[1].name: Duplicate value: "a"`},
		"no source name": {
			pod, inPod("", `volumes: [{name: a, configMap: {}}, {name: b, secret: {}}, {name: c, persistentVolumeClaim: {claimName: ""}}]`),
			`spec.volumes[0].configMap.name: Required value
			 spec.volumes[1].secret.secretName: Required value
			 spec.volumes[2].persistentVolumeClaim.claimName: Required value`,
		},
		"mode and path": {
			pod, inPod("", `volumes: [{name: a, secret: {secretName: s, defaultMode: 1000, items: [{key: k, path: /k}]}}]`),
			`spec.volumes[0].secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive
			 spec.volumes[0].secret.items[0].path: Invalid value: "/k": must be a relative path`,
		},
		"medium": {
			pod, inPod("", `volumes: [{name: a, emptyDir: {medium: Disk}}]`),
			`spec.volumes[0].emptyDir.medium: Unsupported value: "Disk": supported values: "Memory", "HugePages"`,
		},
		"projected": {
			pod, inPod("", `volumes: [{name: a, projected: {sources: [{configMap: {}}, {}, {serviceAccountToken: {path: ""}}]}}]`),
			`spec.volumes[0].projected.sources[0].configMap.name: Required value
			 spec.volumes[0].projected.sources[1]: Required value: must specify one volume source
			 spec.volumes[0].projected.sources[2].serviceAccountToken.path: Required value`,
		},
		"csi": {
			pod, inPod("", `volumes: [{name: a, csi: {driver: "", nodePublishSecretRef: {}}}, {name: b, csi: {driver: a/b}}, {name: c, csi: {driver: Disk.csi.azure.com}}]`),
			`spec.volumes[0].csi.driver: Required value
			 spec.volumes[0].csi.nodePublishSecretRef.name: Required value
			 spec.volumes[1].csi.driver: Invalid value: "a/b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
		},
		"downward": {
			pod, inPod("", `volumes: [{name: a, downwardAPI: {items: [{path: x}]}}]`),
			`spec.volumes[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required`,
		},
	})
}

func TestPods(t *testing.T) {
	t.Parallel()
	const pod = "core/v1:Pod"
	checkAll(t, map[string]problem{
		"ids": {
			pod, inPod("", `securityContext: {runAsUser: -5, fsGroup: 4294967296}`),
			`spec.securityContext.fsGroup: Invalid value: 4294967296: must be between 0 and 2147483647, inclusive
			 spec.securityContext.runAsUser: Invalid value: -5: must be between 0 and 2147483647, inclusive`,
		},
		"seccomp": {
			pod, inPod("", `securityContext: {seccompProfile: {type: Default}}`),
			`spec.securityContext.seccompProfile.type: Unsupported value: "Default": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
		},
		"toleration": {
			pod, inPod("", `tolerations: [{key: a, operator: Exists, value: b}, {operator: Equal}, {key: a, effect: Never}]`),
			`spec.tolerations[0].operator: Invalid value: {"key":"a","operator":"Exists","value":"b"}: value must be empty when ` + "`operator`" + ` is 'Exists'
			 spec.tolerations[1].operator: Invalid value: "Equal": operator must be Exists when ` + "`key`" + ` is empty, which means "match all values and all keys"
			 spec.tolerations[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`,
		},
		"node affinity": {
			pod, inPod("", `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In}, {key: zone, operator: Is, values: [a]}]}]}}}`),
			`spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when ` + "`operator`" + ` is 'In' or 'NotIn'
			 spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[1].operator: Invalid value: "Is": not a valid selector operator`,
		},
		"pod affinity": {
			pod, inPod("", `affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {}}]}}`),
			`spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: Required value: can not be empty
			 spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100`,
		},
		"spread": {
			pod, inPod("", `topologySpreadConstraints: [{topologyKey: zone, whenUnsatisfiable: Panic}]`),
			`spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero
			 spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Panic": supported values: "DoNotSchedule", "ScheduleAnyway"`,
		},
		"host ports": {
			pod, inPod(`ports: [{containerPort: 80, hostPort: 81}]`, `hostNetwork: true`),
			"spec.containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when `hostNetwork` is true",
		},
		"names": {
			pod, inPod("", `hostname: a.b, imagePullSecrets: [{}]`),
			`spec.hostname: Invalid value: "a.b": must not contain dots
			 spec.imagePullSecrets[0].name: Required value`,
		},
		"dns": {
			pod, inPod("", `dnsPolicy: None`),
			"spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
		},
	})
}
