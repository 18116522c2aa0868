package kubernetes_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/status"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

const (
	subscription = "/subscriptions/00000000-0000-0000-0000-00000000c10d"
	group        = subscription + "/resourceGroups/rg"
	networkID    = group + "/providers/Microsoft.Network/virtualNetworks/vnet"
	clusterID    = group + "/providers/Microsoft.ContainerService/managedClusters/aks"
	addressID    = group + "/providers/Microsoft.Network/publicIPAddresses/pip"
	principal    = "11111111-1111-1111-1111-111111111111"
	host         = "aks-1a2b.hcp.westeurope.azmk8s.io"
	contributor  = subscription + "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7"
)

// world is a local cloud with one cluster, and the provider that serves it.
type world struct {
	t        *testing.T
	cloud    *store.Store
	provider *kubernetes.Provider
}

// newWorld makes a cluster with a system pool and one pool for zone 1, an internal subnet and a public address.
func newWorld(t *testing.T) *world {
	t.Helper()
	cloud, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cloud: cloud}
	w.azure("containerservice/v20240501:ManagedCluster", clusterID, clusterProperties())
	w.azure("containerservice/v20240501:AgentPool", clusterID+"/agentPools/zone1", map[string]any{
		"availabilityZones": []any{"1"}, "count": 1.0, "enableAutoScaling": true, "maxCount": 3.0, "mode": "User",
		"nodeLabels": map[string]any{"meet.jitsi/pool": "shards"}, "nodeTaints": []any{"meet.jitsi/shard=true:NoSchedule"},
	})
	for name, prefix := range map[string]string{"snet-nodes": "10.10.0.0/24", "snet-lb": "10.10.1.0/27"} {
		w.azure("network:Subnet", networkID+"/subnets/"+name, map[string]any{"addressPrefix": prefix})
	}
	w.azure("network:PublicIPAddress", addressID, map[string]any{
		"ipAddress": "20.1.2.3", "sku": map[string]any{"name": "Standard"},
	})
	w.provider = kubernetes.NewWithPatience(rpcprovider.Config{Store: cloud}, kubernetes.Patience{})
	w.configure(map[string]any{"kubeconfig": kubeconfig(t, host)})
	return w
}

func clusterProperties() map[string]any {
	return map[string]any{
		"fqdn": host, "location": "westeurope", "nodeResourceGroup": "rg-nodes",
		"identity": map[string]any{"type": "UserAssigned", "userAssignedIdentities": map[string]any{
			group + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id": map[string]any{"principalId": principal},
		}},
		"networkProfile": map[string]any{"serviceCidr": "10.30.0.0/24"},
		"agentPoolProfiles": []any{map[string]any{
			"name": "system", "mode": "System", "count": 3.0, "availabilityZones": []any{"1", "2", "3"},
			"vnetSubnetID": networkID + "/subnets/snet-nodes", "nodeTaints": []any{"CriticalAddonsOnly=true:NoSchedule"},
		}},
	}
}

// grant gives the cluster's identity the role Network Contributor.
func (w *world) grant(scope string) {
	w.azure("authorization:RoleAssignment", scope+"/providers/Microsoft.Authorization/roleAssignments/grant", map[string]any{
		"principalId": principal, "roleDefinitionId": contributor, "scope": scope,
	})
}

func (w *world) azure(token, id string, outputs map[string]any) {
	w.t.Helper()
	w.azureSince(token, id, time.Unix(1, 0), outputs)
}

func (w *world) recreateCluster() {
	w.t.Helper()
	w.azureSince("containerservice/v20240501:ManagedCluster", clusterID, time.Unix(2, 0), clusterProperties())
}

func (w *world) azureSince(token, id string, created time.Time, outputs map[string]any) {
	w.t.Helper()
	raw, err := rpcprovider.Encode(resource.NewPropertyMapFromMap(outputs))
	if err != nil {
		w.t.Fatal(err)
	}
	err = w.cloud.Update(func(tx *store.Tx) error {
		tx.Put(store.Resource{
			ID: id, Provider: "azure-native", Type: "azure-native:" + token, Created: created, Outputs: raw,
		})
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) configure(config map[string]any) {
	w.t.Helper()
	_, err := w.provider.Configure(context.Background(), plugin.ConfigureRequest{
		Inputs: resource.NewPropertyMapFromMap(config),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// made is an object that the provider made.
type made struct {
	token           string
	urn             resource.URN
	id              resource.ID
	inputs, outputs resource.PropertyMap
}

func urnOf(token, name string) resource.URN {
	return resource.NewURN("dev", "meet", "", tokens.Type(token), name)
}

// check runs Check and gives the completed inputs and the reasons of all failures.
func (w *world) check(token, name string, inputs map[string]any) (resource.PropertyMap, []string) {
	w.t.Helper()
	resp, err := w.provider.Check(context.Background(), plugin.CheckRequest{
		URN: urnOf(token, name), Name: name, Type: tokens.Type(token),
		News: resource.NewPropertyMapFromMap(inputs), RandomSeed: []byte("seed"),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	var reasons []string
	for _, f := range resp.Failures {
		reasons = append(reasons, f.Reason)
	}
	return resp.Properties, reasons
}

func (w *world) tryCreate(token, name string, inputs map[string]any) (made, error) {
	w.t.Helper()
	checked, reasons := w.check(token, name, inputs)
	if len(reasons) > 0 {
		w.t.Fatalf("check of %s: %v", name, reasons)
	}
	m := made{token: token, urn: urnOf(token, name), inputs: checked}
	resp, err := w.provider.Create(context.Background(), plugin.CreateRequest{
		URN: m.urn, Name: name, Type: tokens.Type(token), Properties: checked,
	})
	m.id, m.outputs = resp.ID, resp.Properties
	return m, err
}

func (w *world) create(token, name string, inputs map[string]any) made {
	w.t.Helper()
	m, err := w.tryCreate(token, name, inputs)
	if err != nil {
		w.t.Fatalf("create %s: %v %v", name, err, pendingReasons(err))
	}
	return m
}

func (w *world) diff(m made, inputs map[string]any) plugin.DiffResult {
	w.t.Helper()
	checked, reasons := w.check(m.token, m.urn.Name(), inputs)
	if len(reasons) > 0 {
		w.t.Fatalf("check: %v", reasons)
	}
	d, err := w.provider.Diff(context.Background(), plugin.DiffRequest{
		URN: m.urn, Name: m.urn.Name(), Type: tokens.Type(m.token), ID: m.id,
		OldInputs: m.inputs, OldOutputs: m.outputs, NewInputs: checked,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) tryUpdate(m made, inputs map[string]any) (made, error) {
	w.t.Helper()
	checked, reasons := w.check(m.token, m.urn.Name(), inputs)
	if len(reasons) > 0 {
		w.t.Fatalf("check: %v", reasons)
	}
	resp, err := w.provider.Update(context.Background(), plugin.UpdateRequest{
		URN: m.urn, Name: m.urn.Name(), Type: tokens.Type(m.token), ID: m.id,
		OldInputs: m.inputs, OldOutputs: m.outputs, NewInputs: checked,
	})
	m.inputs, m.outputs = checked, resp.Properties
	return m, err
}

func (w *world) update(m made, inputs map[string]any) made {
	w.t.Helper()
	updated, err := w.tryUpdate(m, inputs)
	if err != nil {
		w.t.Fatalf("update %s: %v %v", m.id, err, pendingReasons(err))
	}
	return updated
}

func (w *world) read(m made) plugin.ReadResult {
	w.t.Helper()
	resp, err := w.provider.Read(context.Background(), plugin.ReadRequest{
		URN: m.urn, Name: m.urn.Name(), Type: tokens.Type(m.token), ID: m.id, Inputs: m.inputs, State: m.outputs,
	})
	if err != nil {
		w.t.Fatalf("read %s: %v %v", m.id, err, pendingReasons(err))
	}
	return resp.ReadResult
}

func (w *world) delete(m made) {
	w.t.Helper()
	_, err := w.provider.Delete(context.Background(), plugin.DeleteRequest{
		URN: m.urn, Name: m.urn.Name(), Type: tokens.Type(m.token), ID: m.id, Inputs: m.inputs, Outputs: m.outputs,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// pendingReasons are the reasons in an error about an object that did not become ready.
func pendingReasons(err error) []string {
	s, ok := status.FromError(err)
	if !ok {
		return nil
	}
	for _, detail := range s.Details() {
		if failed, ok := detail.(*pulumirpc.ErrorResourceInitFailed); ok {
			return failed.Reasons
		}
	}
	return nil
}

// logged lists the events of one operation as "id-part: detail".
func (w *world) logged(op string) []string {
	w.t.Helper()
	events, err := w.cloud.Events()
	if err != nil {
		w.t.Fatal(err)
	}
	var details []string
	for _, e := range events {
		if e.Op == op && e.Error == "" {
			details = append(details, e.Detail)
		}
	}
	return details
}

// kubeconfig renders a kubeconfig with a real certificate.
func kubeconfig(t *testing.T, host string) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	raw, err := yaml.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "aks",
		"clusters": []any{map[string]any{"name": "aks", "cluster": map[string]any{
			"server": fmt.Sprintf("https://%s:443", host), "certificate-authority-data": certificate,
		}}},
		"contexts": []any{map[string]any{"name": "aks", "context": map[string]any{"cluster": "aks", "user": "admin"}}},
		"users": []any{map[string]any{"name": "admin", "user": map[string]any{
			"client-certificate-data": certificate,
			"client-key-data": base64.StdEncoding.EncodeToString(
				pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
