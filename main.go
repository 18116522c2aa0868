// Command meet is the Pulumi program that deploys a highly available, autoscaling Jitsi Meet on Azure.
package main

import (
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/stack"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		env, warnings, err := environment.Load(ctx.Stack(), os.Getenv(pulumi.EnvConfig), ctx.Project())
		if err != nil {
			return err
		}
		for _, warning := range warnings {
			if err := ctx.Log.Warn(warning.String(), nil); err != nil {
				return err
			}
		}
		reaper, err := pack.Build(ctx.Context(), ".")
		if err != nil {
			return err
		}
		return stack.Deploy(ctx, env, reaper)
	})
}
