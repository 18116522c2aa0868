package haproxy

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy/config"
)

// FrontDoor is the deployed front door.
type FrontDoor struct {
	pulumi.ResourceState

	// Address is the public address that Domain must resolve to.
	Address pulumi.StringOutput
	// URL is where users go.
	URL string
	// Ready are the namespace and what the public certificate in it comes from. Other pods that serve this certificate there
	// wait for both.
	Ready []pulumi.Resource
	// CertificateExpires is the end of the certificate that the stack makes, in RFC 3339; nil where another one is served.
	CertificateExpires pulumi.StringInput
}

// New deploys the front door.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*FrontDoor, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	component := &FrontDoor{}
	if err := ctx.RegisterComponentResource("meet:haproxy:FrontDoor", name, component, opts...); err != nil {
		return nil, fmt.Errorf("registering %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, namespace: args.Names.FrontDoorNamespace(), parent: component}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("the front door: %w", err)
	}
	component.Address = args.Address.ToStringOutput()
	component.URL = "https://" + args.Domain
	return component, ctx.RegisterResourceOutputs(component, pulumi.Map{
		"address": component.Address,
		"url":     pulumi.String(component.URL),
	})
}

// builder registers the children of one FrontDoor.
type builder struct {
	ctx       *pulumi.Context
	name      string
	args      Args
	namespace string
	parent    *FrontDoor
	// inNamespace is the namespace itself, which every object in it waits for.
	inNamespace *corev1.Namespace
}

func (b *builder) build() error {
	if err := b.newNamespace(); err != nil {
		return err
	}
	certificate, err := b.newCertificate()
	if err != nil {
		return err
	}
	files, err := b.newConfigMap()
	if err != nil {
		return err
	}
	if err := b.newPolicies(); err != nil {
		return err
	}
	services, err := b.newServices()
	if err != nil {
		return err
	}
	b.parent.Ready = []pulumi.Resource{b.inNamespace, certificate}
	return b.newProxies(files, append(services, certificate))
}

func (b *builder) newNamespace() error {
	namespace, err := corev1.NewNamespace(b.ctx, b.child("namespace"), &corev1.NamespaceArgs{
		Metadata: &metav1.ObjectMetaArgs{
			Name: pulumi.String(b.namespace),
			Labels: pulumi.StringMap{
				"pod-security.kubernetes.io/enforce": pulumi.String("restricted"),
				"app.kubernetes.io/part-of":          pulumi.String("meet"),
			},
		},
	}, pulumi.Parent(b.parent))
	b.inNamespace = namespace
	return err
}

// newConfigMap registers the files of the proxies' folder and returns their texts by name.
func (b *builder) newConfigMap() (map[string]string, error) {
	files, err := config.Files()
	if err != nil {
		return nil, err
	}
	files["haproxy.cfg"], err = config.Render(b.args.configuration())
	if err != nil {
		return nil, err
	}
	_, err = corev1.NewConfigMap(b.ctx, b.child("config"), &corev1.ConfigMapArgs{
		Metadata: b.meta(configMap, nil),
		Data:     pulumi.ToStringMap(files),
	}, b.options()...)
	return files, err
}

// configuration is the proxies' configuration as plain values.
func (a Args) configuration() config.Config {
	backends := make([]config.Backend, 0, len(a.Backends))
	for _, backend := range a.Backends {
		backends = append(backends, config.Backend(backend))
	}
	ports := config.DefaultPorts()
	peers := make([]config.Peer, 0, config.PeerSlots)
	for index := range config.PeerSlots {
		proxy := proxyName(index)
		host := fmt.Sprintf("%s.%s.svc.cluster.local", proxy, a.Names.FrontDoorNamespace())
		peers = append(peers, config.Peer{Name: proxy, Host: host, Port: ports.Peers, MetricsPort: ports.Metrics})
	}
	settings := config.Defaults(a.Domain, backends, peers)
	settings.CertificateFile = a.certificate().CertificateFile(certificateFolder)
	settings.PerAddress = config.PerAddress(a.FrontDoor.PerAddress)
	return settings
}

// proxyName is the name of one proxy's pod and of its own service.
func proxyName(index int) string { return fmt.Sprintf("%s-%d", config.StatefulSetName, index) }

// child is the logical name of a child.
func (b *builder) child(suffix string) string { return b.name + "-" + suffix }

// options are those of every object in the namespace.
func (b *builder) options(dependsOn ...pulumi.Resource) []pulumi.ResourceOption {
	return []pulumi.ResourceOption{
		pulumi.Parent(b.parent),
		pulumi.DependsOn(append([]pulumi.Resource{b.inNamespace}, dependsOn...)),
	}
}

func (b *builder) meta(objectName string, annotations pulumi.StringMap) *metav1.ObjectMetaArgs {
	meta := &metav1.ObjectMetaArgs{
		Name:      pulumi.String(objectName),
		Namespace: pulumi.String(b.namespace),
		Labels:    labels(),
	}
	if annotations != nil {
		meta.Annotations = annotations
	}
	return meta
}

const (
	nameLabel = "app.kubernetes.io/name"
	configMap = "haproxy"
)

func labels() pulumi.StringMap {
	return pulumi.StringMap{
		nameLabel:                   pulumi.String(config.StatefulSetName),
		"app.kubernetes.io/part-of": pulumi.String("meet"),
	}
}

func selector() *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pods()}
}

func pods() pulumi.StringMap {
	return pulumi.StringMap{nameLabel: pulumi.String(config.StatefulSetName)}
}
