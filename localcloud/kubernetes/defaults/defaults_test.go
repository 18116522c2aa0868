package defaults_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/kubernetes/defaults"
	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// complete decodes an object, applies the defaults and gives what is at the path.
func complete(t *testing.T, token, text string, path ...any) any {
	t.Helper()
	kind, err := object.ByToken("kubernetes:" + token)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"apiVersion": kind.APIVersion(), "kind": kind.Kind, "metadata": map[string]any{"name": "x"}}
	if err := yaml.Unmarshal([]byte(text), &values); err != nil {
		t.Fatal(err)
	}
	o, err := object.Decode(kind, values)
	if err != nil {
		t.Fatal(err)
	}
	defaults.Apply(o)
	once, err := object.Plain(o)
	if err != nil {
		t.Fatal(err)
	}
	defaults.Apply(o)
	if twice, err := object.Plain(o); err != nil || !reflect.DeepEqual(once, twice) {
		t.Errorf("%s: defaults of defaults differ: %v", token, err)
	}
	var at any = once
	for _, step := range path {
		switch step := step.(type) {
		case string:
			members, _ := at.(map[string]any)
			at = members[step]
		case int:
			items, _ := at.([]any)
			at = items[step]
		}
	}
	return at
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	const pod = `template: {spec: {containers: [{name: x, image: "docker.io/jitsi/web:stable", ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}},
		resources: {limits: {cpu: 1}}}], volumes: [{name: a}, {name: b, secret: {secretName: s}}]}}`
	for name, test := range map[string]struct {
		token, text string
		path        []any
		want        string // as JSON
	}{
		"replicas":          {"apps/v1:Deployment", `spec: {}`, []any{"spec", "replicas"}, `1`},
		"given replicas":    {"apps/v1:Deployment", `spec: {replicas: 0}`, []any{"spec", "replicas"}, `0`},
		"rolling update":    {"apps/v1:Deployment", `spec: {}`, []any{"spec", "strategy"}, `{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}}`},
		"recreate":          {"apps/v1:Deployment", `spec: {strategy: {type: Recreate}}`, []any{"spec", "strategy"}, `{"type":"Recreate"}`},
		"on delete":         {"apps/v1:StatefulSet", `spec: {updateStrategy: {type: OnDelete}}`, []any{"spec", "updateStrategy"}, `{"type":"OnDelete"}`},
		"rolling, named":    {"apps/v1:StatefulSet", `spec: {updateStrategy: {type: RollingUpdate}}`, []any{"spec", "updateStrategy"}, `{"type":"RollingUpdate"}`},
		"rolling, left out": {"apps/v1:StatefulSet", `spec: {}`, []any{"spec", "updateStrategy"}, `{"type":"RollingUpdate","rollingUpdate":{"partition":0}}`},
		"pod management":    {"apps/v1:StatefulSet", `spec: {}`, []any{"spec", "podManagementPolicy"}, `"OrderedReady"`},
		"daemon set":        {"apps/v1:DaemonSet", `spec: {}`, []any{"spec", "updateStrategy", "rollingUpdate"}, `{"maxUnavailable":1,"maxSurge":0}`},
		"restart":           {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "restartPolicy"}, `"Always"`},
		"grace":             {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "terminationGracePeriodSeconds"}, `30`},
		"pull by tag":       {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "containers", 0, "imagePullPolicy"}, `"IfNotPresent"`},
		"pull latest":       {"core/v1:Pod", `spec: {containers: [{image: "localhost:5000/web"}]}`, []any{"spec", "containers", 0, "imagePullPolicy"}, `"Always"`},
		"pull by digest":    {"core/v1:Pod", `spec: {containers: [{image: "web@sha256:aa"}]}`, []any{"spec", "containers", 0, "imagePullPolicy"}, `"IfNotPresent"`},
		"port":              {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "containers", 0, "ports", 0, "protocol"}, `"TCP"`},
		"probe":             {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "containers", 0, "readinessProbe"}, `{"httpGet":{"path":"/","port":80,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}`},
		"requests":          {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "containers", 0, "resources", "requests"}, `{"cpu":"1"}`},
		"empty volume":      {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "volumes", 0, "emptyDir"}, `{}`},
		"secret volume":     {"apps/v1:Deployment", `spec: {` + pod + `}`, []any{"spec", "template", "spec", "volumes", 1, "secret", "defaultMode"}, `420`},
		"service":           {"core/v1:Service", `spec: {ports: [{port: 80}]}`, []any{"spec", "ports", 0}, `{"protocol":"TCP","port":80,"targetPort":80}`},
		"named target":      {"core/v1:Service", `spec: {ports: [{port: 80, targetPort: http}]}`, []any{"spec", "ports", 0, "targetPort"}, `"http"`},
		"traffic outside":   {"core/v1:Service", `spec: {type: LoadBalancer, ports: [{port: 80}]}`, []any{"spec", "externalTrafficPolicy"}, `"Cluster"`},
		"traffic inside":    {"core/v1:Service", `spec: {ports: [{port: 80}]}`, []any{"spec", "externalTrafficPolicy"}, `null`},
		"session":           {"core/v1:Service", `spec: {sessionAffinity: ClientIP}`, []any{"spec", "sessionAffinityConfig"}, `{"clientIP":{"timeoutSeconds":10800}}`},
		"string data":       {"core/v1:Secret", `stringData: {a: b}`, []any{"data"}, `{"a":"Yg=="}`},
		"no string data":    {"core/v1:Secret", `stringData: {a: b}`, []any{"stringData"}, `null`},
		"secret type":       {"core/v1:Secret", `{}`, []any{"type"}, `"Opaque"`},
		"namespace label":   {"core/v1:Namespace", `{}`, []any{"metadata", "labels"}, `{"kubernetes.io/metadata.name":"x"}`},
		"autoscaler":        {"autoscaling/v2:HorizontalPodAutoscaler", `spec: {}`, []any{"spec", "minReplicas"}, `1`},
		"metric":            {"autoscaling/v2:HorizontalPodAutoscaler", `spec: {}`, []any{"spec", "metrics", 0, "resource", "target"}, `{"type":"Utilization","averageUtilization":80}`},
		"behaviour":         {"autoscaling/v2:HorizontalPodAutoscaler", `spec: {behavior: {}}`, []any{"spec", "behavior", "scaleDown", "policies"}, `[{"type":"Percent","value":100,"periodSeconds":15}]`},
		"policy of ingress": {"networking.k8s.io/v1:NetworkPolicy", `spec: {podSelector: {}}`, []any{"spec", "policyTypes"}, `["Ingress"]`},
		"policy of both":    {"networking.k8s.io/v1:NetworkPolicy", `spec: {podSelector: {}, egress: [{ports: [{port: 53}]}]}`, []any{"spec", "policyTypes"}, `["Ingress","Egress"]`},
		"role":              {"rbac.authorization.k8s.io/v1:RoleBinding", `{roleRef: {kind: Role, name: r}, subjects: [{kind: User, name: u}]}`, []any{"subjects", 0, "apiGroup"}, `"rbac.authorization.k8s.io"`},
		"job":               {"batch/v1:Job", `spec: {}`, []any{"spec", "backoffLimit"}, `6`},
		"cron job":          {"batch/v1:CronJob", `spec: {jobTemplate: {spec: {}}}`, []any{"spec", "jobTemplate", "spec", "completions"}, `1`},
		"claim":             {"core/v1:PersistentVolumeClaim", `spec: {}`, []any{"spec", "volumeMode"}, `"Filesystem"`},
		"class":             {"storage.k8s.io/v1:StorageClass", `{provisioner: p}`, []any{"reclaimPolicy"}, `"Delete"`},
		"priority":          {"scheduling.k8s.io/v1:PriorityClass", `{value: 1}`, []any{"preemptionPolicy"}, `"PreemptLowerPriority"`},
		"endpoint ports":    {"discovery.k8s.io/v1:EndpointSlice", `{addressType: IPv4, endpoints: [], ports: [{port: 1}]}`, []any{"ports", 0, "protocol"}, `"TCP"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := complete(t, test.token, test.text, test.path...)
			var want any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
