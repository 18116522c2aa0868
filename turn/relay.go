package turn

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/turn/coturn"
)

// Relay is the relays of one shard.
type Relay struct {
	pulumi.ResourceState

	// Host is the public DNS name that must resolve to Address.
	Host string
	// Address is the public address at which clients reach the relays, TCP port 443.
	Address pulumi.StringOutput
}

// New deploys the relays of one shard.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Relay, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	component := &Relay{}
	if err := ctx.RegisterComponentResource("meet:turn:Relay", name, component, opts...); err != nil {
		return nil, fmt.Errorf("registering %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, object: args.Names.Relay(args.Shard.Name), parent: component}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("the relays of shard %s: %w", args.Shard.Name, err)
	}
	component.Host = args.host()
	component.Address = args.Address.ToStringOutput()
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{
		"host":    pulumi.String(component.Host),
		"address": component.Address,
	})
}

func (a Args) host() string { return naming.TurnHost(a.Domain, a.Shard.Name) }

// builder registers the children of one Relay.
type builder struct {
	ctx  *pulumi.Context
	name string
	args Args
	// object is what every Kubernetes object of the relays is called.
	object string
	parent *Relay
}

func (b *builder) build() error {
	files, err := b.newConfigMap()
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		b.newSecret, b.newPolicy, b.newPriorityClass, b.newService,
		func() error { return b.newRelays(files) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// newConfigMap registers the files of the relays' folder and returns their texts by name. The prefix is known only when Azure
// has given it.
func (b *builder) newConfigMap() (pulumi.StringMapOutput, error) {
	files := b.args.PrefixCIDR.ToStringOutput().ApplyT(func(cidr string) (map[string]string, error) {
		prefix, err := netip.ParsePrefix(cidr)
		if err != nil {
			return nil, fmt.Errorf("reading the prefix of the shard's bridges: %w", err)
		}
		rendered, err := coturn.Render(b.args.configuration(prefix))
		if err != nil {
			return nil, fmt.Errorf("rendering the relays' configuration: %w", err)
		}
		texts := coturn.Files()
		texts[coturn.ConfigurationFile] = rendered
		return texts, nil
	}).(pulumi.StringMapOutput)
	_, err := corev1.NewConfigMap(b.ctx, b.child("config"), &corev1.ConfigMapArgs{
		Metadata: b.meta(nil),
		Data:     files,
	}, b.options()...)
	return files, err
}

// newSecret registers what the relays share with Prosody. Prosody reads it from a Secret in its own namespace.
func (b *builder) newSecret() error {
	_, err := corev1.NewSecret(b.ctx, b.child("secret"), &corev1.SecretArgs{
		Metadata:   b.meta(nil),
		Type:       pulumi.String("Opaque"),
		StringData: pulumi.StringMap{secretKey: pulumi.ToSecret(b.args.Secret).(pulumi.StringOutput)},
	}, b.options()...)
	return err
}

func (b *builder) newService() error {
	const azure = "service.beta.kubernetes.io/azure-"
	_, err := corev1.NewService(b.ctx, b.child("service"), &corev1.ServiceArgs{
		Metadata: b.meta(pulumi.StringMap{
			azure + "pip-name":                     pulumi.String(b.args.AddressName),
			azure + "load-balancer-resource-group": pulumi.String(b.args.ResourceGroup),
			// Minutes; 30 is the most. Clients refresh their allocation long before.
			azure + "load-balancer-tcp-idle-timeout": pulumi.String("30"),
		}),
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("LoadBalancer"),
			Selector: b.pods(),
			// Media take no detour over another node, and Azure's probe sees which nodes have a relay.
			ExternalTrafficPolicy: pulumi.String("Local"),
			// A relay that is told to stop goes on for those who use it, and the service must too: where it has forgotten the last
			// relay of a node, that relay's connections have been seen to be reset. The price is that users are also sent to a relay
			// that is starting. Source: cilium/cilium #23744.
			PublishNotReadyAddresses: pulumi.Bool(true),
			Ports: corev1.ServicePortArray{&corev1.ServicePortArgs{
				Name: pulumi.String(portName), Port: pulumi.Int(naming.TurnPort), TargetPort: pulumi.String(portName),
				Protocol: pulumi.String("TCP"),
			}},
		},
	}, b.options()...)
	return err
}

// child is the logical name of a child.
func (b *builder) child(suffix string) string { return b.name + "-" + suffix }

// options are those of every object in the namespace.
func (b *builder) options(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	needed := slices.Clone(b.args.Ready)
	if b.args.NodePool != nil {
		needed = append(needed, b.args.NodePool)
	}
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.DependsOn(needed)}, more...)
}

func (b *builder) meta(annotations pulumi.StringMap) *metav1.ObjectMetaArgs {
	meta := &metav1.ObjectMetaArgs{
		Name:      pulumi.String(b.object),
		Namespace: pulumi.String(b.args.Names.FrontDoorNamespace()),
		Labels:    b.labels(),
	}
	if annotations != nil {
		meta.Annotations = annotations
	}
	return meta
}

func (b *builder) labels() pulumi.StringMap {
	labels := pulumi.StringMap{
		"app.kubernetes.io/part-of": pulumi.String("meet"),
		"meet.jitsi/shard":          pulumi.String(b.args.Shard.Name),
	}
	maps.Copy(labels, b.pods())
	return labels
}

// pods are the labels that tell the relays of this shard from all other pods in the namespace.
func (b *builder) pods() pulumi.StringMap {
	return pulumi.StringMap{"app.kubernetes.io/name": pulumi.String(b.object)}
}

func (b *builder) selector() *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: b.pods()}
}
