package stack_test

import (
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/stack"
)

// stacks are the environments that the project ships.
var stacks = []string{"dev", "prod"}

// loadStack reads a stack file of the project as the program would be given it.
func loadStack(t *testing.T, name string) environment.Environment {
	t.Helper()
	return parse(t, name, stackConfig(t, name))
}

// stackConfig is the configuration of a stack file, by full key.
func stackConfig(t *testing.T, name string) map[string]any {
	t.Helper()
	content, err := os.ReadFile("../Pulumi." + name + ".yaml")
	require.NoError(t, err)
	var file struct {
		Config map[string]any `json:"config"`
	}
	require.NoError(t, yaml.Unmarshal(content, &file))
	return file.Config
}

func parse(t *testing.T, name string, config map[string]any) environment.Environment {
	t.Helper()
	raw, err := environment.EncodePulumiConfig(config)
	require.NoError(t, err)
	env, warnings, err := environment.Load(name, raw, "meet")
	require.NoError(t, err)
	require.Empty(t, warnings)
	return env
}

// record runs the composition against the recorder.
func record(t *testing.T, env environment.Environment, unknown bool) graphtest.Graph {
	t.Helper()
	graph, err := tryRecord(env, unknown)
	require.NoError(t, err)
	return graph
}

func tryRecord(env environment.Environment, unknown bool) (graphtest.Graph, error) {
	return graphtest.Run(graphtest.Options{
		Stack:   env.Name,
		Unknown: unknown,
		Known:   makesSecrets,
		Outputs: computed,
		Call:    answer,
	}, func(ctx *pulumi.Context) error {
		return stack.Deploy(ctx, env, pack.Package{Path: "testdata/reaper.zip", Hash: "0123456789abcdef"})
	})
}

// makesSecrets picks what passwords, keys, the kubeconfig and the connection string come from.
func makesSecrets(args pulumi.MockResourceArgs) bool {
	pkg, _, _ := strings.Cut(args.TypeToken, ":")
	return pkg == "random" || pkg == "tls" || args.Name == "cluster" || args.Name == "meet-resource-group" ||
		args.TypeToken == "azure-native:insights:Component"
}

// computed gives what Azure, random and tls would compute, as far as the program reads it.
func computed(args pulumi.MockResourceArgs) resource.PropertyMap {
	text := func(pairs ...string) resource.PropertyMap {
		state := resource.PropertyMap{}
		for i := 0; i < len(pairs); i += 2 {
			state[resource.PropertyKey(pairs[i])] = resource.NewProperty(pairs[i+1])
		}
		return state
	}
	switch args.TypeToken {
	case "azure-native:network:PublicIPAddress":
		return text("ipAddress", "${"+args.Name+".ipAddress}")
	case "azure-native:network:PublicIPPrefix":
		return text("ipPrefix", "198.51.100.0/28")
	case "azure-native:managedidentity:UserAssignedIdentity":
		// The client id goes into custom data, where it must look like one.
		return text("principalId", "${"+args.Name+".principalId}", "clientId", "client-of-"+args.Name)
	case "azure-native:keyvault:Vault":
		return vaultOutputs(args.Inputs)
	case "azure-native:storage:Blob":
		return text("url", "https://package.blob.core.windows.net/reaper/${"+args.Name+"}.zip")
	case "azure-native:storage:StorageAccount":
		return resource.PropertyMap{
			"name": args.Inputs["accountName"],
			"primaryEndpoints": resource.NewProperty(text(
				"blob", "https://account.blob.core.windows.net/", "table", "https://account.table.core.windows.net/")),
		}
	case "random:index/randomPassword:RandomPassword":
		return resource.PropertyMap{"result": resource.MakeSecret(resource.NewProperty("SECRET-PASSWORD"))}
	case "azure-native:insights:Component":
		return text("name", "appi", "connectionString", "InstrumentationKey=SECRET-KEY")
	case "tls:index/privateKey:PrivateKey":
		return resource.PropertyMap{"privateKeyPem": resource.MakeSecret(resource.NewProperty("SECRET-KEY"))}
	}
	state := text("certPem", certificate, "validityEndTime", "2027-11-24T00:00:00Z", "fqdn", "meet.hcp.example.net", "nodeResourceGroup", "rg-nodes")
	// The first of these that a resource has is its own name; the later ones are those of its parents.
	for _, key := range []resource.PropertyKey{
		"subnetName", "workspaceName", "galleryImageName", "containerName", "tableName", "agentPoolName", "configName", "vmScaleSetName",
		"virtualNetworkName", "galleryName", "resourceName", "accountName", "name", "resourceGroupName",
	} {
		if name, ok := args.Inputs[key]; ok && name.IsString() {
			state["name"] = name
			break
		}
	}
	if asked := args.Inputs["addonProfiles"]; asked.IsObject() {
		state["addonProfiles"] = withIdentities(asked.ObjectValue())
	}
	return state
}

// certificate is one in form only.
const certificate = "-----BEGIN CERTIFICATE-----\nY2E=\n-----END CERTIFICATE-----\n"

// kubeconfig is what Azure answers, for people with an Entra account or for the administrator's certificate.
func kubeconfig(user string) string {
	encoded := base64.StdEncoding.EncodeToString([]byte(certificate))
	return `apiVersion: v1
kind: Config
current-context: meet
clusters:
- name: meet
  cluster: {server: "https://meet.hcp.example.net:443", certificate-authority-data: ` + encoded + `}
contexts:
- name: meet
  context: {cluster: meet, user: someone}
users:
- name: someone
  user: ` + user + "\n"
}

func adminUser() string {
	encode := func(kind string) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("SECRET-KEY")}))
	}
	return "{client-certificate-data: " + encode("CERTIFICATE") + ", client-key-data: " + encode("RSA PRIVATE KEY") + "}"
}

const entraUser = `{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: kubelogin, args: [get-token], env: null}}`

// answer plays the provider functions of a cloud in which the first image is published.
func answer(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	switch args.Token {
	case "azure-native:authorization:getClientConfig":
		return resource.PropertyMap{"tenantId": resource.NewProperty("11111111-0000-0000-0000-000000000000")}, nil
	case "azure-native:containerservice/v20240501:listManagedClusterAdminCredentials":
		return credentials(adminUser()), nil
	case "azure-native:containerservice/v20240501:listManagedClusterUserCredentials":
		return credentials(entraUser), nil
	case "azure-native:compute:getGalleryImageVersion":
		return resource.PropertyMap{"name": resource.NewProperty("1.0.0")}, nil
	case "azure-native:compute:getVirtualMachineScaleSet":
		return nil, errors.New(`StatusCode=404 -- Original Error: Code="ResourceNotFound"`)
	}
	return nil, errors.New("no provider function " + args.Token)
}

func credentials(user string) resource.PropertyMap {
	encoded := base64.StdEncoding.EncodeToString([]byte(kubeconfig(user)))
	return resource.PropertyMap{"kubeconfigs": resource.NewProperty([]resource.PropertyValue{
		resource.NewProperty(resource.PropertyMap{
			"name":  resource.NewProperty("cluster"),
			"value": resource.MakeSecret(resource.NewProperty(encoded)),
		}),
	})}
}
