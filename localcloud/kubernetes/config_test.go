package kubernetes_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

func unknownText() resource.PropertyValue {
	return resource.MakeComputed(resource.NewStringProperty(""))
}

func TestConfigurationIsCheckedStrictly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		config resource.PropertyMap
		want   []string
	}{
		"valid": {config: resource.PropertyMap{
			"kubeconfig": resource.MakeSecret(unknownText()), "clusterIdentifier": resource.NewStringProperty("aks-dev"),
			"version": resource.NewStringProperty("4.23.0"), "enableServerSideApply": resource.NewStringProperty("true"),
			"deleteUnreachable": resource.NewBoolProperty(true),
		}},
		"unknown key": {
			config: resource.PropertyMap{"kubeConfig": resource.NewStringProperty("x")},
			want:   []string{`the provider kubernetes of the local cloud has no configuration key "kubeConfig"`},
		},
		"wrong type": {
			config: resource.PropertyMap{
				"context": resource.NewBoolProperty(true), "enableSecretMutable": resource.NewStringProperty("yes"),
			},
			want: []string{`"context" must be a string`, `"enableSecretMutable" must be a boolean`},
		},
		"client-side apply": {
			config: resource.PropertyMap{"enableServerSideApply": resource.NewBoolProperty(false)},
			want:   []string{"the local cloud knows server-side apply only"},
		},
	} {
		resp, err := w.provider.CheckConfig(context.Background(), plugin.CheckConfigRequest{News: test.config})
		var got []string
		for _, f := range resp.Failures {
			got = append(got, f.Reason)
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q %v, want %q", name, got, err, test.want)
		}
	}
}

func TestOnlyAnotherClusterReplacesTheObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := kubeconfig(t, host), kubeconfig(t, "other.example.org")
	config := func(kubeconfig resource.PropertyValue, identifier string) resource.PropertyMap {
		properties := resource.PropertyMap{"kubeconfig": kubeconfig}
		if identifier != "" {
			properties["clusterIdentifier"] = resource.NewStringProperty(identifier)
		}
		return properties
	}
	text := resource.NewStringProperty
	for name, test := range map[string]struct {
		olds, news resource.PropertyMap
		changes    []string
		replacing  []string
	}{
		"nothing":                     {olds: config(text(one), ""), news: config(text(one), "")},
		"only secret now":             {olds: config(text(one), ""), news: config(resource.MakeSecret(text(one)), "")},
		"other cluster":               {config(text(one), ""), config(text(two), ""), []string{"kubeconfig"}, []string{"kubeconfig"}},
		"other user of the same":      {config(text(one), ""), config(text(strings.ReplaceAll(one, "admin", "person")), ""), []string{"kubeconfig"}, nil},
		"unknown":                     {config(text(one), ""), config(unknownText(), ""), []string{"kubeconfig"}, []string{"kubeconfig"}},
		"unknown, same identifier":    {config(text(one), "aks"), config(unknownText(), "aks"), []string{"kubeconfig"}, nil},
		"secret unknown, same":        {config(text(one), "aks"), config(resource.MakeSecret(unknownText()), "aks"), []string{"kubeconfig"}, nil},
		"other cluster, same":         {config(text(one), "aks"), config(text(two), "aks"), []string{"kubeconfig"}, nil},
		"identifier changed":          {config(text(one), "a"), config(text(one), "b"), []string{"clusterIdentifier"}, []string{"clusterIdentifier"}},
		"identifier added":            {config(text(one), ""), config(text(one), "b"), []string{"clusterIdentifier"}, nil},
		"identifier removed":          {config(text(one), "a"), config(text(one), ""), []string{"clusterIdentifier"}, nil},
		"identifier added, unknown":   {config(text(one), ""), config(unknownText(), "b"), []string{"clusterIdentifier", "kubeconfig"}, []string{"kubeconfig"}},
		"identifier changed, unknown": {config(text(one), "a"), config(unknownText(), "b"), []string{"clusterIdentifier", "kubeconfig"}, []string{"clusterIdentifier"}},
	} {
		diff, err := w.provider.DiffConfig(context.Background(), plugin.DiffConfigRequest{
			OldInputs: test.olds, OldOutputs: test.olds, NewInputs: test.news,
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := keys(diff.ChangedKeys); !slices.Equal(got, test.changes) {
			t.Errorf("%s: changes %q, want %q", name, got, test.changes)
		}
		if got := keys(diff.ReplaceKeys); !slices.Equal(got, test.replacing) || diff.Replace() != (len(test.replacing) > 0) {
			t.Errorf("%s: replaced by %q, want %q", name, got, test.replacing)
		}
	}
}

func keys(properties []resource.PropertyKey) []string {
	var names []string
	for _, p := range properties {
		names = append(names, string(p))
	}
	return names
}

func TestAnUnreachableClusterIsSaidToBeUnreachable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config func(t *testing.T) m
		change func(*world)
		want   string
	}{
		"no kubeconfig": {config: func(*testing.T) m { return m{} }, want: "no kubeconfig is configured"},
		"broken":        {config: func(*testing.T) m { return m{"kubeconfig": "kind: Config"} }, want: "failed to parse kubeconfig data"},
		"unknown host": {
			config: func(t *testing.T) m { t.Helper(); return m{"kubeconfig": kubeconfig(t, "gone.example.org")} },
			want:   "lookup gone.example.org: no such host",
		},
		"no local accounts": {
			config: func(t *testing.T) m { t.Helper(); return m{"kubeconfig": kubeconfig(t, host)} },
			change: func(w *world) {
				properties := clusterProperties()
				properties["disableLocalAccounts"] = true
				w.azure("containerservice/v20240501:ManagedCluster", clusterID, properties)
			},
			want: "local accounts are disabled, the kubeconfig must fetch an Entra token with kubelogin",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			space := w.create(namespaceToken, "space", namespace(nil))
			if test.change != nil {
				test.change(w)
			}
			w.configure(test.config(t))
			_, err := w.tryCreate(configMapToken, "c", m{"metadata": metadata("c")})
			if err == nil || !strings.Contains(err.Error(), "configured Kubernetes cluster is unreachable: ") ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("create: %v", err)
			}
			request := plugin.ReadRequest{
				URN: space.urn, Type: namespaceToken, ID: space.id, Inputs: space.inputs, State: space.outputs,
			}
			if _, err := w.provider.Read(context.Background(), request); err == nil ||
				!strings.Contains(err.Error(), "unreachable cluster") {
				t.Errorf("read: %v", err)
			}
			if _, err := w.tryDelete(space); err == nil || !strings.Contains(err.Error(), "PULUMI_K8S_DELETE_UNREACHABLE") {
				t.Errorf("delete: %v", err)
			}
		})
	}
}

func (w *world) tryDelete(m made) (plugin.DeleteResponse, error) {
	return w.provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: m.urn, Name: m.urn.Name(), Type: tokens.Type(m.token), ID: m.id,
	})
}

func TestUnreachableObjectsMayBeForgottenOrLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	space := w.create(namespaceToken, "space", namespace(nil))
	gone := kubeconfig(t, "gone.example.org")
	w.configure(m{"kubeconfig": gone, "skipUpdateUnreachable": "true"})
	if got := w.read(space); got.ID != space.id || got.Outputs.Diff(space.outputs) != nil {
		t.Errorf("left alone: %v", got)
	}
	w.configure(m{"kubeconfig": gone, "deleteUnreachable": true})
	if got := w.read(space); got.ID != "" {
		t.Errorf("forgotten: %v", got)
	}
	if _, err := w.tryDelete(space); err != nil {
		t.Errorf("deleting what is forgotten: %v", err)
	}
}

// A cluster that was made anew under the same name starts empty.
func TestANewClusterIsEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	space := w.create(namespaceToken, "space", namespace(nil))
	w.recreateCluster()
	if got := w.read(space); got.ID != "" {
		t.Errorf("%s moved into the new cluster", got.ID)
	}
	w.create(namespaceToken, "space", namespace(nil))
}
