package graphtest

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"sigs.k8s.io/yaml"
)

// YAML renders the graph for a golden file: deterministic, secrets shown as "[secret]", unknowns as "[unknown]".
func (g Graph) YAML() ([]byte, error) {
	rendered, err := yaml.Marshal(g.Resources)
	if err != nil {
		return nil, fmt.Errorf("rendering the resource graph: %w", err)
	}
	return rendered, nil
}

// optionsOf keeps the lifecycle options that decide what happens to live resources.
func optionsOf(args pulumi.MockResourceArgs) map[string]any {
	rpc := args.RegisterRPC
	options := map[string]any{}
	flags := map[string]bool{
		"protect":             rpc.GetProtect(),
		"retainOnDelete":      rpc.GetRetainOnDelete(),
		"deleteBeforeReplace": rpc.GetDeleteBeforeReplace(),
	}
	for name, set := range flags {
		if set {
			options[name] = true
		}
	}
	lists := map[string][]string{
		"ignoreChanges":           rpc.GetIgnoreChanges(),
		"replaceOnChanges":        rpc.GetReplaceOnChanges(),
		"additionalSecretOutputs": rpc.GetAdditionalSecretOutputs(),
	}
	for name, list := range lists {
		if len(list) > 0 {
			options[name] = slices.Sorted(slices.Values(list))
		}
	}
	if timeout := rpc.GetCustomTimeouts().GetCreate(); timeout != "" {
		options["createTimeout"] = timeout
	}
	var dependencies []string
	for _, dependency := range rpc.GetDependencies() {
		dependencies = append(dependencies, resource.URN(dependency).Name())
	}
	if len(dependencies) > 0 {
		slices.Sort(dependencies)
		options["dependsOn"] = slices.Compact(dependencies)
	}
	return options
}

func plain(properties resource.PropertyMap) map[string]any {
	rendered := map[string]any{}
	for key, value := range properties {
		rendered[string(key)] = plainValue(value)
	}
	return rendered
}

func plainValue(value resource.PropertyValue) any {
	switch {
	case value.IsSecret():
		return "[secret]"
	case value.IsComputed(), value.IsOutput():
		return "[unknown]"
	case value.IsObject():
		return plain(value.ObjectValue())
	case value.IsArray():
		items := make([]any, 0, len(value.ArrayValue()))
		for _, item := range value.ArrayValue() {
			items = append(items, plainValue(item))
		}
		return items
	case value.IsAsset():
		return fmt.Sprintf("[asset %s]", value.AssetValue().Hash)
	case value.IsArchive():
		return fmt.Sprintf("[archive %s]", value.ArchiveValue().Hash)
	case value.IsResourceReference():
		return "${" + value.ResourceReferenceValue().URN.Name() + "}"
	default:
		return value.V
	}
}
