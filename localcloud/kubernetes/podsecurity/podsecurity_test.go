package podsecurity_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/kubernetes/podsecurity"
)

// hardened meets the restricted standard. Pairs of old and new texts change it.
const hardened = `
securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
containers:
- name: x
  securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
volumes: [{name: v, emptyDir: {}}]
`

func pod(t *testing.T, changes ...string) *corev1.PodSpec {
	t.Helper()
	spec := &corev1.PodSpec{}
	text := strings.NewReplacer(changes...).Replace(hardened)
	if err := yaml.UnmarshalStrict([]byte(text), spec); err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestStandards(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes              []string
		baseline, restricted []string
	}{
		"hardened": {},
		"root": {
			changes: []string{"runAsNonRoot: true, runAsUser: 1000, ", ""},
			restricted: []string{
				`runAsNonRoot != true (pod or container "x" must set securityContext.runAsNonRoot=true)`,
			},
		},
		"user 0": {
			changes:    []string{"runAsUser: 1000", "runAsUser: 0"},
			restricted: []string{`runAsUser=0 (pod must not set runAsUser=0)`},
		},
		"container as root": {
			changes: []string{"allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false, runAsNonRoot: false, runAsUser: 0"},
			restricted: []string{
				`runAsNonRoot != true (pod or container "x" must set securityContext.runAsNonRoot=true)`,
				`runAsUser=0 (container "x" must not set runAsUser=0)`,
			},
		},
		"no seccomp": {
			changes:    []string{", seccompProfile: {type: RuntimeDefault}", ""},
			restricted: []string{`seccompProfile (pod or container "x" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`},
		},
		"unconfined": {
			changes:    []string{"type: RuntimeDefault", "type: Unconfined"},
			baseline:   []string{`seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`},
			restricted: []string{`seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")`, `seccompProfile (pod or container "x" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`},
		},
		"escalation": {
			changes:    []string{"allowPrivilegeEscalation: false, ", ""},
			restricted: []string{`allowPrivilegeEscalation != false (container "x" must set securityContext.allowPrivilegeEscalation=false)`},
		},
		"capabilities kept": {
			changes:    []string{"drop: [ALL]", "drop: [NET_RAW]"},
			restricted: []string{`unrestricted capabilities (container "x" must set securityContext.capabilities.drop=["ALL"])`},
		},
		"capability to bind": {changes: []string{"drop: [ALL]", "drop: [ALL], add: [NET_BIND_SERVICE]"}},
		"harmless capability": {
			changes:    []string{"drop: [ALL]", "drop: [ALL], add: [CHOWN]"},
			restricted: []string{`unrestricted capabilities (container "x" must not include "CHOWN" in securityContext.capabilities.add)`},
		},
		"powerful capability": {
			changes:    []string{"drop: [ALL]", "drop: [ALL], add: [SYS_ADMIN]"},
			baseline:   []string{`non-default capabilities (container "x" must not include "SYS_ADMIN" in securityContext.capabilities.add)`},
			restricted: []string{`unrestricted capabilities (container "x" must not include "SYS_ADMIN" in securityContext.capabilities.add)`},
		},
		"host": {
			changes:    []string{"containers:", "hostNetwork: true\nhostPID: true\ncontainers:", "emptyDir: {}", "hostPath: {path: /}"},
			baseline:   []string{"host namespaces (hostNetwork=true, hostPID=true)", `hostPath volumes (volume "v")`},
			restricted: []string{"host namespaces (hostNetwork=true, hostPID=true)", `hostPath volumes (volume "v")`, `restricted volume types (volume "v" uses a restricted volume type)`},
		},
		"host port": {
			changes:    []string{"- name: x", "- name: x\n  ports: [{containerPort: 1, hostPort: 1}]"},
			baseline:   []string{`hostPort (container "x" uses a hostPort)`},
			restricted: []string{`hostPort (container "x" uses a hostPort)`},
		},
		"privileged": {
			changes:    []string{"allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false, privileged: true"},
			baseline:   []string{`privileged (container "x" must not set securityContext.privileged=true)`},
			restricted: []string{`privileged (container "x" must not set securityContext.privileged=true)`},
		},
		"sysctl": {
			changes:    []string{"runAsNonRoot: true", "runAsNonRoot: true, sysctls: [{name: kernel.msgmax, value: '1'}, {name: net.ipv4.tcp_syncookies, value: '1'}]"},
			baseline:   []string{"forbidden sysctls (kernel.msgmax)"},
			restricted: []string{"forbidden sysctls (kernel.msgmax)"},
		},
		"two containers": {
			changes: []string{"- name: x", "- name: b\n- name: x"},
			restricted: []string{
				`allowPrivilegeEscalation != false (container "b" must set securityContext.allowPrivilegeEscalation=false)`,
				`unrestricted capabilities (container "b" must set securityContext.capabilities.drop=["ALL"])`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := pod(t, test.changes...)
			for level, want := range map[podsecurity.Level][]string{
				podsecurity.Privileged: nil, podsecurity.Baseline: test.baseline, podsecurity.Restricted: test.restricted,
			} {
				if got := podsecurity.Violations(level, spec); !slices.Equal(got, want) {
					t.Errorf("%s:\n got  %q\n want %q", level, got, want)
				}
			}
		})
	}
}

func TestTheNamespaceLabelDecides(t *testing.T) {
	t.Parallel()
	if got := podsecurity.LevelOf(map[string]string{podsecurity.EnforceLabel: "restricted"}); got != podsecurity.Restricted {
		t.Errorf("got %s", got)
	}
	if got := podsecurity.LevelOf(map[string]string{"pod-security.kubernetes.io/warn": "restricted"}); got != podsecurity.Privileged {
		t.Errorf("a warning enforces %s", got)
	}
}
