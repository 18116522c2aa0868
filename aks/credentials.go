package aks

import (
	"errors"
	"path"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/aks/kubeconfig"
)

// kubeconfig asks AKS for credentials: the static administrator's where local accounts are allowed, else those of
// whoever deploys, who then logs in through kubelogin and needs a role in the cluster. Both calls are refused to an
// identity without the right to them (Azure Kubernetes Service Cluster Admin or Cluster User role), also in a preview.
func (b *builder) kubeconfig(cluster *aks.ManagedCluster) pulumi.StringOutput {
	var config pulumi.StringOutput
	name := nameOf(cluster)
	if b.args.Cluster.LocalAccounts {
		config = aks.ListManagedClusterAdminCredentialsOutput(b.ctx, aks.ListManagedClusterAdminCredentialsOutputArgs{
			ResourceGroupName: b.args.ResourceGroupName,
			ResourceName:      name,
		}, pulumi.Parent(b.component)).Kubeconfigs().ApplyT(rewrite(kubeconfig.Admin)).(pulumi.StringOutput)
	} else {
		config = aks.ListManagedClusterUserCredentialsOutput(b.ctx, aks.ListManagedClusterUserCredentialsOutputArgs{
			ResourceGroupName: b.args.ResourceGroupName,
			ResourceName:      name,
			Format:            pulumi.String("exec"),
		}, pulumi.Parent(b.component)).Kubeconfigs().ApplyT(rewrite(kubeconfig.Entra)).(pulumi.StringOutput)
	}
	return pulumi.ToSecret(config).(pulumi.StringOutput)
}

// nameOf is the cluster's name, taken from its id. The id is unknown until the cluster exists, whatever a provider
// claims to know in a preview; so the first preview does not ask for the credentials of a cluster that is not there.
func nameOf(cluster *aks.ManagedCluster) pulumi.StringOutput {
	return cluster.ID().ToStringOutput().ApplyT(path.Base).(pulumi.StringOutput)
}

func rewrite(convert func(string) (string, error)) func([]aks.CredentialResultResponse) (string, error) {
	return func(credentials []aks.CredentialResultResponse) (string, error) {
		if len(credentials) == 0 {
			return "", errors.New("aks: Azure returned no kubeconfig for the cluster")
		}
		return convert(credentials[0].Value)
	}
}
