package azurenative

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"sigs.k8s.io/yaml"
)

const (
	adminToken   = "azure-native:containerservice/v20240501:listManagedClusterAdminCredentials"
	userToken    = "azure-native:containerservice/v20240501:listManagedClusterUserCredentials"
	versionToken = "azure-native:compute:getGalleryImageVersion"
)

func (c *cloud) kubeconfig(token string) object {
	c.Helper()
	result, err := c.invoke(token, props{"resourceGroupName": "rg", "resourceName": "aks"})
	if err != nil {
		c.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(result.objects("kubeconfigs")[0].text("value"))
	if err != nil {
		c.Fatal(err)
	}
	config := object{}
	if err := yaml.UnmarshalStrict(raw, &config); err != nil {
		c.Fatal(err)
	}
	return config
}

func TestAdminCredentials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.cluster()
	config := c.kubeconfig(adminToken)
	server := config.objects("clusters")[0].text("cluster.server")
	if server != "https://"+c.out(id).text("fqdn")+":443" {
		t.Errorf("server %q", server)
	}
	user := config.objects("users")[0].object("user")
	decode := func(name string) []byte {
		raw, err := base64.StdEncoding.DecodeString(user.text(name))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if _, err := tls.X509KeyPair(decode("client-certificate-data"), decode("client-key-data")); err != nil {
		t.Error(err)
	}
	if again := c.kubeconfig(adminToken); again.objects("users")[0].text("user.client-certificate-data") != user.text("client-certificate-data") {
		t.Error("the credentials change from call to call")
	}
}

func TestEntraClusterHasNoStaticCredentials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.network()
	c.must(identityToken, identityInputs())
	c.must(clusterToken, with(clusterInputs(), props{
		"disableLocalAccounts": true, "aadProfile": props{"managed": true},
	}))
	_, err := c.invoke(adminToken, props{"resourceGroupName": "rg", "resourceName": "aks"})
	c.demandCode("BadRequest", err)
	exec := c.kubeconfig(userToken).objects("users")[0].object("user.exec")
	if exec.text("command") != "kubelogin" || exec.text("apiVersion") != "client.authentication.k8s.io/v1beta1" {
		t.Errorf("exec %v", exec)
	}
}

func TestGalleryImageVersion(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	args := props{
		"resourceGroupName": "rg", "galleryName": "gal", "galleryImageName": "jvb", "galleryImageVersionName": "1.0.0",
	}
	_, err := c.invoke(versionToken, args)
	c.demandCode("ResourceGroupNotFound", err)
	c.bridges()
	_, err = c.invoke(versionToken, args)
	c.demandCode("ResourceNotFound", err)
	_, err = c.invoke(versionToken, with(args, props{"galleryImageName": "other"}))
	c.demandCode("ParentResourceNotFound", err)
	c.publish("1.0.0")
	found, err := c.invoke(versionToken, args)
	if err != nil || found.text("provisioningState") != "Succeeded" || found.text("location") != "westeurope" ||
		!strings.HasSuffix(found.text("id"), "/images/jvb/versions/1.0.0") {
		t.Errorf("found %v, %v", found, err)
	}
	if err := c.p.PublishImage("gal", "jvb", "1.0.0"); err == nil {
		t.Error("a version was published twice")
	}
	if err := c.p.PublishImage("gal", "jvb", "latest"); err == nil {
		t.Error("a version has the wrong form")
	}
}

func TestOtherFunctions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.must(accountToken, accountInputs())
	c.setCapacity(id, 2)
	set, err := c.invoke("azure-native:compute:getVirtualMachineScaleSet", props{"resourceGroupName": "rg", "vmScaleSetName": "vmss"})
	if capacity, _ := set.number("sku.capacity"); err != nil || capacity != 2 || set.text("id") != id {
		t.Errorf("scale set %v, %v", set, err)
	}
	keys, err := c.invoke("azure-native:storage:listStorageAccountKeys", props{"resourceGroupName": "rg", "accountName": "stmeet"})
	if err != nil || len(keys.objects("keys")) != 2 || keys.objects("keys")[0].text("value") == keys.objects("keys")[1].text("value") {
		t.Errorf("keys %v, %v", keys, err)
	}
	client, err := c.invoke("azure-native:authorization:getClientConfig", nil)
	if err != nil || client.text("subscriptionId") != Subscription || client.text("tenantId") != Tenant {
		t.Errorf("client %v, %v", client, err)
	}
}

func TestInvokeIsStrict(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	call := func(token string, args props) (plugin.InvokeResponse, error) {
		return c.p.Invoke(context.Background(), plugin.InvokeRequest{
			Tok: tokens.ModuleMember(token), Args: resource.NewPropertyMapFromMap(args),
		})
	}
	if _, err := call("azure-native:compute:getImage", nil); err == nil {
		t.Error("an unknown function was called")
	}
	for _, args := range []props{{"resourceGroupName": "rg"}, {"resourceGroupName": "rg", "resourceName": "aks", "x": "y"}} {
		if answer, err := call(adminToken, args); err != nil || len(answer.Failures) == 0 {
			t.Errorf("%v was accepted: %v", args, err)
		}
	}
}
