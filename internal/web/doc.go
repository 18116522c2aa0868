// Package web registers the two resources of Azure's Microsoft.Web that the stack needs, an App Service plan and a
// function app, by their Pulumi tokens. It stands in for the generated module pulumi-azure-native-sdk/web/v2, which this
// project cannot download; its shape follows that module, so that one day an import path is all that changes.
//
// The tokens carry no API version. They then mean provider 2.90.0's default, 2022-09-01, which the provider knows for
// certain and which has every property that a Dedicated plan needs. Later versions add only what belongs to other plans
// (functionAppConfig for Flex Consumption) and would be known to this provider by hope.
//
// The arguments hold only the properties that the stack sets. That is a safeguard too: the provider silently drops
// inputs that it does not know, so a misspelt key in an untyped map would reach production as a setting without effect.
package web

import (
	"github.com/pulumi/pulumi-azure-native-sdk/v2/utilities"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiVersions are the versions under which provider 2.x has offered both resources.
func apiVersions() []string {
	return []string{
		"v20150801", "v20160801", "v20160901", "v20180201", "v20181101", "v20190801", "v20200601", "v20200901", "v20201001",
		"v20201201", "v20210101", "v20210115", "v20210201", "v20210301", "v20220301", "v20220901", "v20230101", "v20231201",
		"v20240401",
	}
}

// options puts the caller's options between the defaults of the provider's SDK, which pin the plugin's version, and the
// aliases that let the resource move to and from a token with an API version without being replaced.
func options(kind string, opts []pulumi.ResourceOption) []pulumi.ResourceOption {
	var aliases []pulumi.Alias
	for _, version := range apiVersions() {
		aliases = append(aliases, pulumi.Alias{Type: pulumi.String("azure-native:web/" + version + ":" + kind)})
	}
	all := make([]pulumi.ResourceOption, 0, len(opts)+1)
	all = append(append(all, opts...), pulumi.Aliases(aliases))
	return utilities.PkgResourceDefaultOpts(all)
}
