package object_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"jitsi-meet-azure/localcloud/kubernetes/defaults"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/validate"
)

func kind(tb testing.TB, token string) object.Kind {
	tb.Helper()
	k, err := object.ByToken("kubernetes:" + token)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestTokensAreThoseOfTheSDK(t *testing.T) {
	t.Parallel()
	tokens := object.Tokens()
	for _, want := range []string{
		"kubernetes:apps/v1:StatefulSet", "kubernetes:core/v1:Namespace", "kubernetes:networking.k8s.io/v1:NetworkPolicy",
		"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
		"kubernetes:policy/v1:PodDisruptionBudget", "kubernetes:scheduling.k8s.io/v1:PriorityClass",
	} {
		if !slices.Contains(tokens, want) {
			t.Errorf("%s is not served", want)
		}
	}
	if !slices.IsSorted(tokens) || len(slices.Compact(slices.Clone(tokens))) != len(tokens) {
		t.Errorf("tokens are not sorted and unique: %q", tokens)
	}
}

func TestUnknownTypesAreRefusedWithTheKnownOnes(t *testing.T) {
	t.Parallel()
	for _, token := range []string{
		"kubernetes:apps/v1beta1:Deployment", "kubernetes:apps/v1:DeploymentPatch", "kubernetes:cilium.io/v2:CiliumNetworkPolicy",
	} {
		_, err := object.ByToken(token)
		if err == nil || !strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "kubernetes:apps/v1:Deployment,") {
			t.Errorf("%s: %v", token, err)
		}
	}
}

func TestDecodingIsStrict(t *testing.T) {
	t.Parallel()
	const head = `"apiVersion":"apps/v1","kind":"StatefulSet"`
	for name, test := range map[string]struct{ text, want string }{
		"valid": {`{` + head + `,"metadata":{"name":"x"},"spec":{"replicas":1}}`, ""},
		"unknown field": {
			`{` + head + `,"spec":{"template":{"spec":{"containers":[{"imag":"x"}]}}}}`,
			`strict decoding error: unknown field "spec.template.spec.containers[0].imag"`,
		},
		"wrong case": {`{` + head + `,"spec":{"Replicas":1}}`, `strict decoding error: unknown field "spec.Replicas"`},
		"given twice": {
			`{` + head + `,"spec":{"replicas":1,"replicas":2}}`, `strict decoding error: duplicate field "spec.replicas"`,
		},
		"wrong type": {
			`{` + head + `,"spec":{"replicas":"1"}}`,
			`StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32`,
		},
		"fraction": {
			`{` + head + `,"spec":{"replicas":1.5}}`,
			`StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal number 1.5 into Go struct field StatefulSetSpec.spec.replicas of type int32`,
		},
		"quantity": {
			`{` + head + `,"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"1 core"}}}]}}}}`,
			`StatefulSet in version "v1" cannot be handled as a StatefulSet: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
		},
		"another version": {
			`{"apiVersion":"apps/v1beta1","kind":"StatefulSet"}`,
			`the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)`,
		},
		"another kind": {
			`{"apiVersion":"apps/v1","kind":"Deployment"}`,
			`the kind in the data (Deployment) does not match the expected kind (StatefulSet)`,
		},
		"no object": {`[]`, `StatefulSet in version "v1" cannot be handled as a StatefulSet: json: cannot unmarshal array into Go value of type v1.StatefulSet`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := object.DecodeJSON(kind(t, "apps/v1:StatefulSet"), []byte(test.text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestEveryKindRoundTrips(t *testing.T) {
	t.Parallel()
	for _, token := range object.Tokens() {
		k, err := object.ByToken(token)
		if err != nil {
			t.Fatal(err)
		}
		o, err := object.Decode(k, map[string]any{
			"apiVersion": k.APIVersion(), "kind": k.Kind, "metadata": map[string]any{"name": "x"},
		})
		if err != nil {
			t.Errorf("%s: %v", token, err)
			continue
		}
		defaults.Apply(o)
		validate.Object(k, o) // whatever it finds, it must not fall over an empty object
		plain, err := object.Plain(o)
		if err != nil {
			t.Errorf("%s: %v", token, err)
			continue
		}
		if _, err := object.Decode(k, plain); err != nil {
			t.Errorf("%s: what the local cloud writes it cannot read: %v", token, err)
		}
	}
}

// FuzzDecodeJSON: whatever decodes can be completed, checked and written, and is then read back as the same.
func FuzzDecodeJSON(f *testing.F) {
	for _, text := range []string{
		`{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"x"},"spec":{"selector":{"matchLabels":{"a":"b"}}}}`,
		`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80,"targetPort":"x"}]}}`,
		`{"apiVersion":"v1","kind":"Secret","stringData":{"a":"b"},"data":{"a":"Yg=="}}`,
		`{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"resources":{"limits":{"cpu":"1e-3"}}}],"volumes":[{}]}}`,
		`{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","spec":{"behavior":{},"metrics":[{}]}}`,
		`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","spec":{"ingress":[{"from":[{}],"ports":[{}]}]}}`,
		`{"apiVersion":"batch/v1","kind":"CronJob","spec":{"timeZone":"","schedule":"@daily"}}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, token := range object.Tokens() {
			k, err := object.ByToken(token)
			if err != nil {
				t.Fatal(err)
			}
			o, err := object.DecodeJSON(k, raw)
			if err != nil {
				continue
			}
			defaults.Apply(o)
			validate.Object(k, o)
			validate.Update(k, o, o)
			written, err := json.Marshal(o)
			if err != nil {
				continue // numbers that JSON cannot hold
			}
			again, err := object.DecodeJSON(k, written)
			if err != nil {
				t.Fatalf("what was written cannot be read: %v\n%s", err, written)
			}
			if rewritten, err := json.Marshal(again); err != nil || !reflect.DeepEqual(rewritten, written) {
				t.Fatalf("not stable: %v\n%s\n%s", err, written, rewritten)
			}
		}
	})
}
