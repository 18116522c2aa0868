// Package stack composes the components into one environment. It reads like the architecture: network, what bridges use of
// Azure, cluster, then for every shard its signalling, bridges and autoscale, around them the front door and the reaper, and last
// what watches all of it.
package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/gallery"
	"jitsi-meet-azure/internal/environment"
)

// Deploy registers everything of the environment and exports its outputs. In the image phase it stops after the image
// gallery, so that the first bridge image can be published before anything refers to it.
func Deploy(ctx *pulumi.Context, env environment.Environment, reaper pack.Package) error {
	base, err := newFoundation(ctx, env)
	if err != nil {
		return err
	}
	if env.Phase == environment.PhaseImage {
		return deployImagePhase(ctx, base)
	}
	if err := gallery.RequireVersion(ctx, base.names, env.Bridges.Image, base.invoke); err != nil {
		return err
	}
	net, err := newNetwork(ctx, base)
	if err != nil {
		return err
	}
	uses, err := newServices(ctx, base, net)
	if err != nil {
		return err
	}
	cluster, err := newCluster(ctx, base, net, uses)
	if err != nil {
		return err
	}
	shards, err := newShards(ctx, base, net, cluster, uses)
	if err != nil {
		return err
	}
	door, err := newFrontDoor(ctx, base, net, cluster, shards)
	if err != nil {
		return err
	}
	function, err := newReaper(ctx, base, net, uses, shards, reaper)
	if err != nil {
		return err
	}
	if err := newWatch(ctx, base, uses, cluster, shards, door, function); err != nil {
		return err
	}
	export(ctx, base, net, cluster, shards, door, function)
	return nil
}

// deployImagePhase leaves the environment with a gallery to publish into. It refuses to run where bridges already exist:
// leaving them out of the program would delete them.
func deployImagePhase(ctx *pulumi.Context, base *foundation) error {
	names := make([]string, 0, len(base.env.Shards))
	for _, shard := range base.env.Shards {
		names = append(names, shard.Name)
	}
	if err := gallery.RefuseImagePhase(ctx, base.names, names, base.invoke); err != nil {
		return err
	}
	exportImagePhase(ctx, base)
	return nil
}
