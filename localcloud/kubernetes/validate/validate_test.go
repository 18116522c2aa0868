package validate_test

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/kubernetes/defaults"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/validate"
)

// read decodes an object from YAML, with defaults.
func read(t *testing.T, token, text string) (object.Kind, object.Object) {
	t.Helper()
	kind, err := object.ByToken("kubernetes:" + token)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	values["apiVersion"], values["kind"] = kind.APIVersion(), kind.Kind
	if values["metadata"] == nil {
		metadata := map[string]any{"name": "x"}
		if kind.Namespaced {
			metadata["namespace"] = "shard-a"
		}
		values["metadata"] = metadata
	}
	o, err := object.Decode(kind, values)
	if err != nil {
		t.Fatal(err)
	}
	defaults.Apply(o)
	return kind, o
}

// check compares what is wrong with an object with what is expected, one line for each problem.
func check(t *testing.T, token, text, want string) {
	t.Helper()
	kind, o := read(t, token, text)
	compare(t, validate.Object(kind, o).ToAggregate(), want)
}

type aggregate interface{ Errors() []error }

func compare(t *testing.T, found aggregate, want string) {
	t.Helper()
	var got []string
	if found != nil {
		for _, err := range found.Errors() {
			got = append(got, err.Error())
		}
	}
	var wanted []string
	for _, line := range strings.Split(want, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			wanted = append(wanted, line)
		}
	}
	if !slices.Equal(got, wanted) {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(wanted, "\n  "))
	}
}

// A problem is an object and what is wrong with it.
type problem struct{ token, object, want string }

func checkAll(t *testing.T, problems map[string]problem) {
	t.Helper()
	for name, p := range problems {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, p.token, p.object, p.want)
		})
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	checkAll(t, map[string]problem{
		"valid":   {"core/v1:ConfigMap", `metadata: {name: a.b, namespace: s, labels: {app.kubernetes.io/name: x}}`, ""},
		"no name": {"core/v1:ConfigMap", `metadata: {namespace: s}`, `metadata.name: Required value: name or generateName is required`},
		"upper case": {
			"core/v1:ConfigMap", `metadata: {name: Prosody, namespace: s}`,
			`metadata.name: Invalid value: "Prosody": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
		},
		"service names start with a letter": {
			"core/v1:Service", "metadata: {name: 1a, namespace: s}\nspec: {ports: [{port: 80}]}",
			`metadata.name: Invalid value: "1a": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
		},
		"namespaces have no dots": {
			"core/v1:Namespace", `metadata: {name: a.b}`,
			`metadata.name: Invalid value: "a.b": must not contain dots`,
		},
		"namespace where none belongs": {
			"core/v1:Namespace", `metadata: {name: a, namespace: b}`,
			`metadata.namespace: Forbidden: not allowed on this type`,
		},
		"label value": {
			"core/v1:ConfigMap", `metadata: {name: a, namespace: s, labels: {shard: "a b"}}`,
			`metadata.labels: Invalid value: "a b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
		},
		"server's fields": {
			"core/v1:ConfigMap", `metadata: {name: a, namespace: s, uid: "1", resourceVersion: "2"}`,
			"metadata.resourceVersion: Forbidden: is set by the server\nmetadata.uid: Forbidden: is set by the server",
		},
		"pod security level": {
			"core/v1:Namespace", `metadata: {name: a, labels: {pod-security.kubernetes.io/enforce: strict}}`,
			`metadata.labels[pod-security.kubernetes.io/enforce]: Unsupported value: "strict": supported values: "privileged", "baseline", "restricted"`,
		},
	})
}

func TestWorkloads(t *testing.T) {
	t.Parallel()
	const pod = `{metadata: {labels: {app: x}}, spec: {containers: [{name: x, image: x}]}}`
	const matching = `selector: {matchLabels: {app: x}}, template: ` + pod
	checkAll(t, map[string]problem{
		"valid deployment":   {"apps/v1:Deployment", `spec: {` + matching + `}`, ""},
		"valid stateful set": {"apps/v1:StatefulSet", `spec: {serviceName: x, ` + matching + `}`, ""},
		"valid daemon set":   {"apps/v1:DaemonSet", `spec: {` + matching + `}`, ""},
		"no selector":        {"apps/v1:Deployment", `spec: {template: ` + pod + `}`, `spec.selector: Required value`},
		"selector misses the template": {
			"apps/v1:StatefulSet", `spec: {selector: {matchLabels: {app: z}}, template: ` + pod + `}`,
			"spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`",
		},
		"empty selector": {
			"apps/v1:DaemonSet", `spec: {selector: {}, template: ` + pod + `}`,
			`spec.selector: Invalid value: {}: empty selector is invalid`,
		},
		"pods that end": {
			"apps/v1:Deployment",
			`spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {restartPolicy: OnFailure, containers: [{name: x, image: x}]}}}`,
			`spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"`,
		},
		"no containers": {
			"apps/v1:Deployment",
			`spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}}}`,
			`spec.template.spec.containers: Required value`,
		},
		"recreate with rolling update": {
			"apps/v1:Deployment", `spec: {strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}, ` + matching + `}`,
			"spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
		},
		"rolling update that cannot move": {
			"apps/v1:Deployment", `spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}, ` + matching + `}`,
			"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0",
		},
		"more than everything": {
			"apps/v1:Deployment", `spec: {strategy: {rollingUpdate: {maxUnavailable: 120%}}, ` + matching + `}`,
			`spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%`,
		},
		"negative replicas": {
			"apps/v1:Deployment", `spec: {replicas: -1, ` + matching + `}`,
			`spec.replicas: Invalid value: -1: must be greater than or equal to 0`,
		},
		"deadline": {
			"apps/v1:Deployment", `spec: {minReadySeconds: 700, ` + matching + `}`,
			`spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds`,
		},
		"strategy": {
			"apps/v1:StatefulSet", `spec: {updateStrategy: {type: Recreate}, podManagementPolicy: Fast, ` + matching + `}`,
			`spec.podManagementPolicy: Unsupported value: "Fast": supported values: "OrderedReady", "Parallel"
			 spec.updateStrategy.type: Unsupported value: "Recreate": supported values: "RollingUpdate", "OnDelete"`,
		},
		"on delete with a partition": {
			"apps/v1:StatefulSet", `spec: {updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}, ` + matching + `}`,
			`spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`,
		},
		"claims": {
			"apps/v1:StatefulSet", `spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {}}], ` + matching + `}`,
			`spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required
			 spec.volumeClaimTemplates[0].spec.resources[storage]: Required value`,
		},
		"job": {
			"batch/v1:Job", `spec: {template: {spec: {containers: [{name: x, image: x}]}}}`,
			`spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"`,
		},
		"cron job": {
			"batch/v1:CronJob",
			`spec: {schedule: "* * *", timeZone: Mars/Olympus, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: x, image: x}]}}}}}`,
			`spec.schedule: Invalid value: "* * *": must be five cron fields
			 spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus`,
		},
	})
}
