package signalling

import (
	"fmt"
	"net/netip"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/signalling/names"
)

// Signalling is the signalling of one shard.
type Signalling struct {
	pulumi.ResourceState

	// Namespace is the Kubernetes namespace of everything here.
	Namespace string
	// WebHost and WebPort are the web servers' service inside the cluster, as the front door reaches it.
	WebHost string
	WebPort int
	// JicofoHost and JicofoPort are Jicofo's REST interface inside the cluster, for the front door's health checks.
	JicofoHost string
	JicofoPort int
	// Address is where bridges reach Prosody, port 5222.
	Address string
	// JicofoURL is where the reaper, and nobody else, asks Jicofo about its bridges; at the same address. It has no login.
	JicofoURL string
	// BridgePassword is the XMPP password of the shard's bridges (user "jvb"); secret.
	BridgePassword pulumi.StringOutput
	// TurnSecret is what Prosody makes the passwords of the shard's TURN relays from; secret.
	TurnSecret pulumi.StringOutput
	// CACertificate is the authority, in PEM, that signs Prosody's certificates; bridges trust it and no other.
	CACertificate pulumi.StringOutput
	// CertificateExpires is the end of Prosody's certificate, in RFC 3339.
	CertificateExpires pulumi.StringOutput
}

// New deploys the signalling of one shard.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Signalling, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	component := &Signalling{}
	if err := ctx.RegisterComponentResource("meet:signalling:Signalling", name, component, opts...); err != nil {
		return nil, fmt.Errorf("registering %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, namespace: args.Names.ShardNamespace(args.Shard.Name), parent: component}
	if err := b.build(component); err != nil {
		return nil, fmt.Errorf("signalling of shard %s: %w", args.Shard.Name, err)
	}
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{
		"namespace":          pulumi.String(component.Namespace),
		"webHost":            pulumi.String(component.WebHost),
		"webPort":            pulumi.Int(component.WebPort),
		"jicofoHost":         pulumi.String(component.JicofoHost),
		"jicofoPort":         pulumi.Int(component.JicofoPort),
		"address":            pulumi.String(component.Address),
		"jicofoUrl":          pulumi.String(component.JicofoURL),
		"bridgePassword":     component.BridgePassword,
		"turnSecret":         component.TurnSecret,
		"caCertificate":      component.CACertificate,
		"certificateExpires": component.CertificateExpires,
	})
}

// builder registers the children of one Signalling.
type builder struct {
	ctx       *pulumi.Context
	name      string
	args      Args
	namespace string
	parent    *Signalling
	// inNamespace is the namespace itself, which every object in it waits for.
	inNamespace *corev1.Namespace
	// bridges is the service at which bridges reach Prosody. It holds the shard's address before any other does.
	bridges *corev1.Service
}

func (b *builder) build(component *Signalling) error {
	if err := b.newNamespace(); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return b.newPasswords(component) },
		func() error { return b.newCertificates(component) },
		b.newPriorityClass, b.newPolicies, b.newProsody, b.newJicofo, b.newWeb,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	component.Namespace = b.namespace
	component.WebHost = b.host(names.Web)
	component.WebPort = names.WebPort
	component.JicofoHost = b.host(names.Jicofo)
	component.JicofoPort = names.JicofoPort
	component.Address = b.args.Shard.SignallingAddress.String()
	component.JicofoURL = fmt.Sprintf("http://%s", netip.AddrPortFrom(b.args.Shard.SignallingAddress, names.JicofoPort))
	return nil
}

func (b *builder) newNamespace() error {
	options := []pulumi.ResourceOption{pulumi.Parent(b.parent)}
	if b.args.NodePool != nil {
		options = append(options, pulumi.DependsOn([]pulumi.Resource{b.args.NodePool}))
	}
	namespace, err := corev1.NewNamespace(b.ctx, b.child("namespace"), &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name: pulumi.String(b.namespace),
			Labels: pulumi.StringMap{
				// The API server itself refuses any pod here that asks for more rights than Jitsi needs.
				"pod-security.kubernetes.io/enforce": pulumi.String("restricted"),
				"app.kubernetes.io/part-of":          pulumi.String("meet"),
				"meet.jitsi/shard":                   pulumi.String(b.args.Shard.Name),
			},
		},
	}, options...)
	b.inNamespace = namespace
	return err
}

// child is the logical name of a child.
func (b *builder) child(suffix string) string { return b.name + "-" + suffix }

// host is the name of a service in the cluster's DNS. It is complete, because nginx resolves names by itself and knows no
// search domains.
func (b *builder) host(service string) string {
	return service + "." + b.namespace + ".svc.cluster.local"
}

// options are those of every object in the namespace.
func (b *builder) options(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{b.inNamespace})}, more...)
}

// meta is the metadata of an object called objectName that belongs to the given service.
func (b *builder) meta(service, objectName string, annotations pulumi.StringMap) *metav1.ObjectMetaArgs {
	meta := &metav1.ObjectMetaArgs{
		Name:      pulumi.String(objectName),
		Namespace: pulumi.String(b.namespace),
		Labels:    b.labels(service),
	}
	if annotations != nil {
		meta.Annotations = annotations
	}
	return meta
}

func (b *builder) labels(service string) pulumi.StringMap {
	return pulumi.StringMap{
		names.NameLabel:             pulumi.String(service),
		"app.kubernetes.io/part-of": pulumi.String("meet"),
		"meet.jitsi/shard":          pulumi.String(b.args.Shard.Name),
	}
}

// selector finds the pods of a service. Kubernetes never lets a workload change its selector, so it holds one label that
// has no reason to change.
func selector(service string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{names.NameLabel: pulumi.String(service)}}
}
