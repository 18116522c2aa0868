package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes/kubeconfig"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// connection is the provider's configuration.
type connection struct {
	access kubeconfig.Access
	// unreachable is why no cluster can be reached; nil when the kubeconfig is sound.
	unreachable error
	namespace   string

	mutableConfigMaps, mutableSecrets        bool
	deleteUnreachable, skipUpdateUnreachable bool
}

// settings are the configuration keys of the real provider that make sense here, and whether they are flags.
func settings() map[string]bool {
	return map[string]bool{
		"kubeconfig": false, "context": false, "cluster": false, "namespace": false, "clusterIdentifier": false,
		"version": false, "enableServerSideApply": true, "enableConfigMapMutable": true, "enableSecretMutable": true,
		"deleteUnreachable": true, "skipUpdateUnreachable": true, "suppressDeprecationWarnings": true,
		"suppressHelmHookWarnings": true, "strictMode": true,
	}
}

// CheckConfig refuses unknown keys and values of the wrong type.
func (p *Provider) CheckConfig(
	_ context.Context, req plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	known := settings()
	var failures []plugin.CheckFailure
	for _, key := range req.News.StableKeys() {
		if strings.HasPrefix(string(key), "__") {
			continue // the engine's own
		}
		isFlag, ok := known[string(key)]
		if problem := settingProblem(string(key), opened(req.News[key]), ok, isFlag); problem != "" {
			failures = append(failures, plugin.CheckFailure{Property: key, Reason: problem})
		}
	}
	if mode := opened(req.News["enableServerSideApply"]); mode.HasValue() && !mode.IsComputed() &&
		!flag(req.News, "enableServerSideApply") {
		failures = append(failures, plugin.CheckFailure{
			Property: "enableServerSideApply", Reason: "the local cloud knows server-side apply only",
		})
	}
	return plugin.CheckConfigResponse{Properties: req.News, Failures: failures}, nil
}

// settingProblem is what is wrong with a configuration value. Flags arrive as booleans or as their texts.
func settingProblem(key string, value resource.PropertyValue, known, isFlag bool) string {
	switch {
	case !known:
		return fmt.Sprintf("the provider kubernetes of the local cloud has no configuration key %q", key)
	case value.IsComputed() || value.IsNull():
		return ""
	case !isFlag && !value.IsString():
		return fmt.Sprintf("%q must be a string", key)
	case isFlag && !value.IsBool() && (!value.IsString() || !isFlagText(value.StringValue())):
		return fmt.Sprintf("%q must be a boolean", key)
	default:
		return ""
	}
}

func isFlagText(text string) bool { return text == "true" || text == "false" || text == "" }

// DiffConfig decides, as the real provider does, whether a changed configuration means another cluster and therefore
// new objects. With a cluster identifier that stays the same it never does, whatever happens to the kubeconfig.
func (p *Provider) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	changes := rpcprovider.Changes(req.OldInputs, req.NewInputs)
	if len(changes) == 0 {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	replaces, err := replacing(req.OldInputs, req.NewInputs, changes)
	if err != nil {
		return plugin.DiffResult{}, err
	}
	diff := rpcprovider.DiffOf(changes, false)
	for _, key := range replaces {
		diff.ReplaceKeys = append(diff.ReplaceKeys, resource.PropertyKey(key))
		changes[key] = rpcprovider.Replace(changes[key])
	}
	for path := range changes {
		diff.ChangedKeys = append(diff.ChangedKeys, resource.PropertyKey(path))
	}
	sort.Slice(diff.ChangedKeys, func(i, j int) bool { return diff.ChangedKeys[i] < diff.ChangedKeys[j] })
	return diff, nil
}

const identifierKey = "clusterIdentifier"

// replacing lists the changed keys that mean another cluster.
func replacing(olds, news resource.PropertyMap, changes map[string]plugin.PropertyDiff) ([]string, error) {
	identifier := opened(news[identifierKey])
	if change, changed := changes[identifierKey]; changed {
		// Starting or ceasing to use an identifier replaces nothing by itself.
		if change.Kind == plugin.DiffUpdate || change.Kind == plugin.DiffUpdateReplace {
			return []string{identifierKey}, nil
		}
	} else if identifier.IsString() && identifier.StringValue() != "" {
		return nil, nil
	}
	for _, key := range []string{"kubeconfig", "context", "cluster"} {
		if value, ok := news[resource.PropertyKey(key)]; ok && opened(value).IsComputed() {
			return []string{key}, nil
		}
	}
	return otherCluster(olds, news, changes)
}

func otherCluster(olds, news resource.PropertyMap, changes map[string]plugin.PropertyDiff) ([]string, error) {
	var replaces []string
	if text(olds, "kubeconfig") == "" || text(news, "kubeconfig") == "" {
		return replaces, nil // the real provider then looks elsewhere, and takes it for the same cluster
	}
	after, err := accessOf(news)
	if err != nil {
		return nil, err
	}
	// An old kubeconfig that leads nowhere cannot have led to another cluster.
	if before, err := accessOf(olds); err != nil || before.SameCluster(after) {
		return replaces, nil //nolint:nilerr // see above
	}
	for _, key := range []string{"kubeconfig", "context", "cluster"} {
		if _, changed := changes[key]; changed {
			replaces = append(replaces, key)
		}
	}
	return replaces, nil
}

func accessOf(config resource.PropertyMap) (kubeconfig.Access, error) {
	raw := text(config, "kubeconfig")
	if raw == "" {
		return kubeconfig.Access{}, errors.New("no kubeconfig is configured, and the local cloud looks for none elsewhere")
	}
	return kubeconfig.Parse(raw, text(config, "context"), text(config, "cluster"))
}

// Configure keeps the configuration. A kubeconfig that is no good is no error yet: the real provider fails only when an
// operation needs the cluster.
func (p *Provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	access, err := accessOf(req.Inputs)
	if err != nil {
		err = fmt.Errorf("failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- %w", err)
	}
	namespace := text(req.Inputs, "namespace")
	if namespace == "" {
		namespace = access.Namespace
	}
	if namespace == "" {
		namespace = kubeconfig.DefaultNamespace
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connection = connection{
		access: access, unreachable: err, namespace: namespace,
		mutableConfigMaps:     flag(req.Inputs, "enableConfigMapMutable"),
		mutableSecrets:        flag(req.Inputs, "enableSecretMutable"),
		deleteUnreachable:     flag(req.Inputs, "deleteUnreachable"),
		skipUpdateUnreachable: flag(req.Inputs, "skipUpdateUnreachable"),
	}
	return plugin.ConfigureResponse{}, nil
}

func text(config resource.PropertyMap, key resource.PropertyKey) string {
	if value := opened(config[key]); value.IsString() {
		return value.StringValue()
	}
	return ""
}

func flag(config resource.PropertyMap, key resource.PropertyKey) bool {
	value := opened(config[key])
	return value.IsBool() && value.BoolValue() || value.IsString() && value.StringValue() == "true"
}

// opened takes secret and output marks off; an unknown output reads as computed.
func opened(value resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case value.IsSecret():
			value = value.SecretValue().Element
		case value.IsOutput() && value.OutputValue().Known:
			value = value.OutputValue().Element
		case value.IsOutput():
			return resource.MakeComputed(resource.NewStringProperty(""))
		default:
			return value
		}
	}
}
