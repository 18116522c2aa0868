package vmss_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/guid"
	"jitsi-meet-azure/vmss"
)

// customData is what machines are told at their first boot, in plain text.
func customData(t *testing.T, args vmss.Args) string {
	t.Helper()
	encoded := at(t, scaleSet(t, args).Inputs, "virtualMachineProfile", "osProfile", "customData").(string)
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCustomData(t *testing.T) {
	t.Parallel()
	text := customData(t, usual(t))
	for _, want := range []string{
		"#cloud-config\n", `"environment": "dev"`, `"shard": "a"`, `"zone": 2`, `"region": "westeurope"`,
		`"publicPrefix": "198.51.100.0/28"`, `"address": "10.20.8.10"`, `"port": 5222`, `"authDomain": "auth.meet.jitsi"`,
		`"packageVersion": "2.3-307-g4bb0aead1-1"`, `"heapMiB": 6144`, `"identityClientId": "client"`,
		`"url": "https://kv-meet.vault.azure.net/"`, `"secret": "bridge-a-`, "stun.example.org:3478", "ip saddr { 10.20.9.0/27 }",
		`"bootDeadlineSeconds": 900`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("custom data does not say %s:\n%s", want, text)
		}
	}
}

// Everyone who may read the scale set may read its custom data.
func TestCustomDataIsNoSecretAndHoldsNone(t *testing.T) {
	t.Parallel()
	text := customData(t, usual(t)) // a secret would be no text here
	for _, secret := range []string{password, "PRIVATE KEY"} {
		if strings.Contains(text, secret) {
			t.Errorf("custom data holds %s", secret)
		}
	}
	other := usual(t)
	other.BridgePassword = pulumi.String("ANOTHER-PASSWORD")
	if customData(t, other) != text {
		t.Error("a new password changes the scale set")
	}
}

func TestMachinesThatNobodyExpectsBootAtAnyAge(t *testing.T) {
	t.Parallel()
	args := usual(t)
	args.BootDeadline = 0
	if text := customData(t, args); !strings.Contains(text, `"bootDeadlineSeconds": 0`) {
		t.Errorf("custom data has a deadline:\n%s", text)
	}
}

// secretOf is the recorded secret with its value.
func secretOf(t *testing.T, args vmss.Args) (recorded graphtest.Resource, value string) {
	t.Helper()
	graph, err := record(t, graphtest.Options{}, args, nil)
	if err != nil {
		t.Fatal(err)
	}
	recorded, _ = graph.Find("bridges-a-secret")
	properties := recorded.Raw["properties"]
	if !properties.ContainsSecrets() {
		t.Fatalf("the value is not secret: %v", recorded.Raw)
	}
	for properties.IsSecret() {
		properties = properties.SecretValue().Element
	}
	found := properties.ObjectValue()["value"]
	for found.IsSecret() {
		found = found.SecretValue().Element
	}
	return recorded, found.StringValue()
}

func TestTheSecretIsWhatAMachineReads(t *testing.T) {
	t.Parallel()
	secret, value := secretOf(t, usual(t))
	var read map[string]string
	if err := json.Unmarshal([]byte(value), &read); err != nil {
		t.Fatal(err)
	}
	if read["password"] != password || read["caCertificate"] != certificate(t) || len(read) != 2 {
		t.Errorf("the secret is %v", read)
	}
	for key, want := range map[string]any{"secretName": usual(t).Names.BridgeSecret("a", certificate(t)), "vaultName": "kv-meet", "resourceGroupName": "rg"} {
		if secret.Inputs[key] != want {
			t.Errorf("%s is %v, not %v", key, secret.Inputs[key], want)
		}
	}
	// Pulumi could delete it from inside the bridges' subnets only.
	if secret.Options["retainOnDelete"] != true {
		t.Error("taking the shard out would ask the vault, which does not answer")
	}
}

// The password is secret even where its input forgot to be.
func TestTheSecretIsSecretWhateverItIsMadeOf(t *testing.T) {
	t.Parallel()
	args := usual(t)
	args.BridgePassword = pulumi.String("plain")
	if _, value := secretOf(t, args); !strings.Contains(value, "plain") {
		t.Errorf("the secret is %s", value)
	}
}

func TestTheIdentityReadsItsOwnSecretAndNoMore(t *testing.T) {
	t.Parallel()
	graph, err := record(t, graphtest.Options{}, usual(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	grants := graph.Of("azure-native:authorization:RoleAssignment")
	if len(grants) != 1 {
		t.Fatalf("%d rights, want one", len(grants))
	}
	for key, want := range map[string]any{
		"scope": graphtest.ID("bridges-a-secret"), "principalId": "principal", "principalType": "ServicePrincipal",
		"roleDefinitionId": "/subscriptions/recorded/providers/Microsoft.Authorization/roleDefinitions/" +
			"4633458b-17de-408a-874c-0445c86b69e6",
		"roleAssignmentName": guid.For(usual(t).Names.Vault(), "read-secret", "a"),
	} {
		if grants[0].Inputs[key] != want {
			t.Errorf("%s is %v, not %v", key, grants[0].Inputs[key], want)
		}
	}
	if grants[0].Options["deleteBeforeReplace"] != true {
		t.Error("the name is fixed: an assignment to another principal cannot be made beside the old one")
	}
}

// A machine that boots must find its secret and be allowed to read it.
func TestTheScaleSetWaitsForTheSecretAndTheRight(t *testing.T) {
	t.Parallel()
	set := scaleSet(t, usual(t))
	for _, needed := range []string{"bridges-a-secret", "bridges-a-read-secret"} {
		if !slices.Contains(set.DependsOn, needed) {
			t.Errorf("the scale set does not wait for %s: %v", needed, set.DependsOn)
		}
	}
}

func TestMachinesCollectByTheRule(t *testing.T) {
	t.Parallel()
	graph, err := record(t, graphtest.Options{}, usual(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	association, _ := graph.Find("bridges-a-collection")
	for key, want := range map[string]any{
		"associationName": "bridges", "resourceUri": graphtest.ID("bridges-a-scale-set"), "dataCollectionRuleId": "/dcr",
	} {
		if association.Inputs[key] != want {
			t.Errorf("%s is %v, not %v", key, association.Inputs[key], want)
		}
	}
}

func TestWhatCannotBeRenderedStopsTheDeployment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*vmss.Args)
		want    string
		missing string
	}{
		"key": {func(a *vmss.Args) {
			a.CACertificate = pulumi.String("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
		}, "must not leave", "bridges-a-secret"},
		"password": {func(a *vmss.Args) { a.BridgePassword = pulumi.String("") }, "password is empty", "bridges-a-secret"},
		"prefix": {
			func(a *vmss.Args) { a.PrefixCIDR = pulumi.String("198.51.100.0") }, "public IP prefix of shard a", "bridges-a-scale-set",
		},
		"vault": {func(a *vmss.Args) { a.VaultURL = pulumi.String("kv") }, "no URL of a Key Vault", "bridges-a-scale-set"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := usual(t)
			c.change(&args)
			graph, err := record(t, graphtest.Options{}, args, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error tells the password: %v", err)
			}
			if _, ok := graph.Find(c.missing); ok {
				t.Errorf("%s is registered all the same", c.missing)
			}
		})
	}
}
