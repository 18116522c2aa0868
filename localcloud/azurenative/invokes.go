package azurenative

import (
	"context"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi-azure-native-sdk/storage/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/store"
)

// function is one function of the provider that a program can call.
type function struct {
	args reflect.Type
	call func(*operation) (map[string]any, error)
}

func functions() map[string]function {
	return map[string]function{
		"azure-native:authorization:getClientConfig": {reflect.TypeFor[struct{}](), getClientConfig},
		"azure-native:compute:getGalleryImageVersion": {
			reflect.TypeFor[compute.LookupGalleryImageVersionArgs](), getGalleryImageVersion,
		},
		"azure-native:compute:getVirtualMachineScaleSet": {
			reflect.TypeFor[compute.LookupVirtualMachineScaleSetArgs](), getScaleSet,
		},
		"azure-native:containerservice/v20240501:listManagedClusterAdminCredentials": {
			reflect.TypeFor[containerservice.ListManagedClusterAdminCredentialsArgs](), adminCredentials,
		},
		"azure-native:containerservice/v20240501:listManagedClusterUserCredentials": {
			reflect.TypeFor[containerservice.ListManagedClusterUserCredentialsArgs](), userCredentials,
		},
		"azure-native:storage:listStorageAccountKeys": {
			reflect.TypeFor[storage.ListStorageAccountKeysArgs](), accountKeys,
		},
	}
}

// Invoke calls a function. Its arguments are checked as strictly as those of a resource.
func (p *Provider) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	token := string(req.Tok)
	f, known := functions()[token]
	if !known {
		return plugin.InvokeResponse{}, fmt.Errorf("unknown function %s: the local cloud does not have it", token)
	}
	c := &checker{}
	c.object("", f.args, req.Args)
	if len(c.failures) > 0 {
		return plugin.InvokeResponse{Failures: c.failures}, nil
	}
	op := &operation{p: p, tx: p.cfg.Store, now: p.cfg.Clock(), inputs: req.Args, in: viewOf(req.Args)}
	result, err := f.call(op)
	if err != nil {
		return plugin.InvokeResponse{}, err
	}
	return plugin.InvokeResponse{Properties: resource.NewPropertyMapFromMap(result)}, nil
}

func getClientConfig(op *operation) (map[string]any, error) {
	return map[string]any{
		"clientId": guidOf("operator", "client"), "objectId": guidOf("operator", "object"),
		"subscriptionId": op.p.subscription, "tenantId": op.p.tenant,
	}, nil
}

// target finds the resource that a function is about.
func (op *operation) target(path string) (other, error) {
	id, err := arm.Expand(arm.InGroup(path), op.p.subscription, op.in.text)
	if err != nil {
		return other{}, err
	}
	if err := op.groupExists(id); err != nil {
		return other{}, err
	}
	found, there, err := op.find(id)
	if err != nil || there {
		return found, err
	}
	parent := arm.ParentOf(id)
	switch there, err := op.exists(parent); {
	case err != nil:
		return other{}, err
	case !there:
		return other{}, notFound("ParentResourceNotFound", "Failed to perform 'read' on resource(s) of type '%s', because the "+
			"parent resource '%s' could not be found.", relativeType(id), parent)
	}
	return other{}, resourceMissing(id)
}

func getGalleryImageVersion(op *operation) (map[string]any, error) {
	found, err := op.target("/providers/Microsoft.Compute/galleries/{galleryName}/images/{galleryImageName}/versions/" +
		"{galleryImageVersionName}")
	if err != nil {
		return nil, err
	}
	return withID(found), nil
}

func withID(found other) map[string]any {
	result := map[string]any(found.out)
	result["id"] = found.ID
	return result
}

func getScaleSet(op *operation) (map[string]any, error) {
	found, err := op.target("/providers/Microsoft.Compute/virtualMachineScaleSets/{vmScaleSetName}")
	if err != nil {
		return nil, err
	}
	outputs, err := op.p.read(op.p.types[scaleSetToken], found.Resource)
	if err != nil {
		return nil, err
	}
	return withID(other{Resource: found.Resource, out: viewOf(outputs)}), nil
}

const clusterPath = "/providers/Microsoft.ContainerService/managedClusters/{resourceName}"

func adminCredentials(op *operation) (map[string]any, error) {
	cluster, err := op.target(clusterPath)
	if err != nil {
		return nil, err
	}
	if cluster.in.flag("disableLocalAccounts") {
		return nil, invalid("BadRequest", "Getting static credential is not allowed because this cluster is set to disable local "+
			"accounts.")
	}
	return op.credentials(cluster, "clusterAdmin", true)
}

// userCredentials are certificates too where the cluster does not know Entra, and a call of kubelogin where it does.
func userCredentials(op *operation) (map[string]any, error) {
	cluster, err := op.target(clusterPath)
	if err != nil {
		return nil, err
	}
	if format := op.in.text("format"); format != "" && format != "azure" && format != "exec" {
		return nil, invalid("InvalidParameter", "The format '%s' is invalid. Allowed values are: azure, exec.", format)
	}
	return op.credentials(cluster, "clusterUser", !cluster.in.has("aadProfile"))
}

func (op *operation) credentials(cluster other, name string, static bool) (map[string]any, error) {
	config, err := kubeconfig(cluster, name, op.p.tenant, static)
	if err != nil {
		return nil, err
	}
	return map[string]any{"kubeconfigs": []any{map[string]any{
		"name": name, "value": base64.StdEncoding.EncodeToString(config),
	}}}, nil
}

func accountKeys(op *operation) (map[string]any, error) {
	account, err := op.target("/providers/Microsoft.Storage/storageAccounts/{accountName}")
	if err != nil {
		return nil, err
	}
	var keys []any
	for _, name := range []string{"key1", "key2"} {
		value := strings.ReplaceAll(guidOf("key", account.ID, name, account.Created.String()), "-", "")
		keys = append(keys, map[string]any{
			"keyName": name, "permissions": "FULL", "value": base64.StdEncoding.EncodeToString([]byte(value)),
			"creationTime": account.Created.Format("2006-01-02T15:04:05Z07:00"),
		})
	}
	return map[string]any{"keys": keys}, nil
}

var _ reader = (*store.Store)(nil)
