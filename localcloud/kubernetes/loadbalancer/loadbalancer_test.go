package loadbalancer_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"jitsi-meet-azure/localcloud/kubernetes/loadbalancer"
)

const (
	group     = "/subscriptions/s/resourceGroups/rg"
	subnetID  = group + "/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-lb"
	addressID = group + "/providers/Microsoft.Network/publicIPAddresses/pip"
)

func service(annotations map[string]string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shard-a", Name: "prosody", Annotations: annotations},
		Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 5222, Protocol: corev1.ProtocolTCP}}},
	}
}

func inside(address string) map[string]string {
	return map[string]string{
		loadbalancer.InternalAnnotation: "true", loadbalancer.SubnetAnnotation: "snet-lb",
		loadbalancer.AddressAnnotation: address, loadbalancer.IdleTimeoutAnnotation: "30",
	}
}

func outside() map[string]string {
	return map[string]string{loadbalancer.PublicNameAnnotation: "pip", loadbalancer.GroupAnnotation: "rg"}
}

func world(scopes ...string) loadbalancer.World {
	w := loadbalancer.World{
		Principal: "id", NodeGroup: "rg-nodes", NodeSubnet: "snet-nodes",
		Subnets: []loadbalancer.Subnet{{ID: subnetID, Name: "snet-lb", Range: netip.MustParsePrefix("10.10.1.0/28")}},
		Addresses: []loadbalancer.PublicAddress{
			{ID: addressID, Name: "pip", Group: "rg", SKU: "Standard", IP: "20.1.2.3"},
			{ID: group + "/basic", Name: "basic", Group: "rg", SKU: "Basic", IP: "20.1.2.4"},
		},
	}
	for _, scope := range scopes {
		w.Grants = append(w.Grants, loadbalancer.Grant{Principal: "ID", Role: loadbalancer.NetworkContributor, Scope: scope})
	}
	return w
}

// reading is a world whose cluster may also look at the resource group.
func reading(scopes ...string) loadbalancer.World {
	w := world(scopes...)
	w.Grants = append(w.Grants, loadbalancer.Grant{Principal: "id", Role: "acdd72a7-3385-48ef-bd42-f606fba81ae7", Scope: group})
	return w
}

func with(annotations map[string]string, key, value string) map[string]string {
	annotations[key] = value
	return annotations
}

// elsewhere is a world in which the other Services hold another port.
func elsewhere(w loadbalancer.World, port int32, protocol corev1.Protocol) loadbalancer.World {
	w.Holders = slices.Clone(w.Holders)
	for i := range w.Holders {
		w.Holders[i].Ports = []corev1.ServicePort{{Port: port, Protocol: protocol}}
	}
	return w
}

func TestAssign(t *testing.T) {
	t.Parallel()
	held := world(group)
	held.Holders = []loadbalancer.Holder{
		{Service: "shard-b/prosody", IP: "10.10.1.4", Ports: service(nil).Spec.Ports},
		{Service: "haproxy/haproxy", IP: "20.1.2.3", Ports: service(nil).Spec.Ports},
	}
	otherRole := world()
	otherRole.Grants = []loadbalancer.Grant{{Principal: "id", Role: "acdd72a7-3385-48ef-bd42-f606fba81ae7", Scope: group}}
	otherIdentity := world()
	otherIdentity.Grants = []loadbalancer.Grant{{Principal: "somebody", Role: loadbalancer.NetworkContributor, Scope: group}}
	for name, test := range map[string]struct {
		annotations map[string]string
		world       loadbalancer.World
		want        string
		refused     string
	}{
		"static":              {inside("10.10.1.5"), world(subnetID), "10.10.1.5", ""},
		"granted at group":    {inside("10.10.1.5"), world(group), "10.10.1.5", ""},
		"granted in capitals": {inside("10.10.1.5"), world(strings.ToUpper(subnetID)), "10.10.1.5", ""},
		"first free":          {inside(""), world(subnetID), "10.10.1.4", ""},
		"first free of two":   {inside(""), held, "10.10.1.5", ""},
		"no grant":            {inside("10.10.1.5"), world(), "", "LinkedAuthorizationFailed"},
		"granted elsewhere":   {inside("10.10.1.5"), world(subnetID + "-2"), "", "LinkedAuthorizationFailed"},
		"reader only":         {inside("10.10.1.5"), otherRole, "", "LinkedAuthorizationFailed"},
		"other identity":      {inside("10.10.1.5"), otherIdentity, "", "does not have permission"},
		"no subnet":           {with(inside("10.10.1.5"), loadbalancer.SubnetAnnotation, "snet-x"), world(group), "", `has no subnet "snet-x"`},
		"outside the subnet":  {inside("10.10.2.5"), world(group), "", "PrivateIPAddressNotInSubnet"},
		"kept by Azure":       {inside("10.10.1.3"), world(group), "", "PrivateIPAddressNotInSubnet"},
		"broadcast":           {inside("10.10.1.15"), world(group), "", "PrivateIPAddressNotInSubnet"},
		"port taken":          {inside("10.10.1.4"), held, "", "existing loadBalancing rule of service shard-b/prosody"},
		"other port taken":    {inside("10.10.1.4"), elsewhere(held, 8888, corev1.ProtocolTCP), "10.10.1.4", ""},
		"other protocol":      {inside("10.10.1.4"), elsewhere(held, 5222, corev1.ProtocolUDP), "10.10.1.4", ""},
		"no address":          {inside("prosody"), world(group), "", "unable to parse IP"},
		"idle too long":       {with(inside("10.10.1.5"), loadbalancer.IdleTimeoutAnnotation, "60"), world(group), "", "between 4 and 30"},
		"idle no number":      {with(inside("10.10.1.5"), loadbalancer.IdleTimeoutAnnotation, "30m"), world(group), "", "between 4 and 30"},
		"public":              {outside(), reading(addressID), "20.1.2.3", ""},
		"public, no list":     {outside(), world(addressID), "", "Microsoft.Network/publicIPAddresses/read"},
		"static, no list":     {with(inside("10.10.1.5"), loadbalancer.GroupAnnotation, "rg"), world(subnetID), "", "publicIPAddresses/read"},
		"public, no grant":    {outside(), reading(subnetID), "", "Microsoft.Network/publicIPAddresses/join/action"},
		"public, wrong group": {with(outside(), loadbalancer.GroupAnnotation, "rg-nodes"), world(group), "", `"pip" was not found in resource group "rg-nodes"`},
		"public, basic":       {with(outside(), loadbalancer.PublicNameAnnotation, "basic"), world(group), "", "DifferentSkuLoadBalancersAndPublicIPAddressNotAllowed"},
		"public, port taken":  {outside(), held, "", "existing loadBalancing rule of service haproxy/haproxy"},
		"public by number": {
			map[string]string{loadbalancer.AddressAnnotation: "20.1.2.3", loadbalancer.GroupAnnotation: "rg"}, world(group), "20.1.2.3", "",
		},
		"public, two minds": {with(outside(), loadbalancer.AddressAnnotation, "20.1.2.9"), world(group), "", "is 20.1.2.3, not 20.1.2.9"},
		"unknown number":    {map[string]string{loadbalancer.AddressAnnotation: "20.9.9.9"}, world(group), "", "user supplied IP Address 20.9.9.9 was not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := loadbalancer.Assign(service(test.annotations), test.world)
			switch {
			case test.refused == "" && (err != nil || got.String() != test.want):
				t.Errorf("got %s, %v; want %s", got, err, test.want)
			case test.refused != "" && (err == nil || !strings.Contains(err.Error(), test.refused)):
				t.Errorf("got %s, %v; want %s", got, err, test.refused)
			}
		})
	}
}

func TestAServiceWithoutWishesGetsAnAddressOfTheCluster(t *testing.T) {
	t.Parallel()
	got, err := loadbalancer.Assign(service(nil), world())
	if err != nil || !netip.MustParsePrefix("20.61.0.0/16").Contains(got) {
		t.Errorf("got %s, %v", got, err)
	}
}

// However many Services ask for one internal address, those that get it have no port in common, and nobody is refused
// without such a port.
func TestAnInternalAddressIsSharedPortByPort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := world(group)
		taken := map[corev1.ServicePort]bool{}
		ports := rapid.SliceOfNDistinct(rapid.Custom(func(r *rapid.T) corev1.ServicePort {
			return corev1.ServicePort{
				Port:     rapid.Int32Range(1, 4).Draw(r, "port"),
				Protocol: rapid.SampledFrom([]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP}).Draw(r, "protocol"),
			}
		}), 1, 3, rapid.ID[corev1.ServicePort])
		for range rapid.IntRange(1, 6).Draw(r, "services") {
			s := service(inside("10.10.1.5"))
			s.Spec.Ports = ports.Draw(r, "ports")
			collides := slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return taken[p] })
			_, err := loadbalancer.Assign(s, w)
			if refused := err != nil; refused != collides {
				r.Fatalf("%v beside %v: %v", s.Spec.Ports, taken, err)
			}
			if collides {
				continue
			}
			w.Holders = append(w.Holders, loadbalancer.Holder{Service: "x/y", IP: "10.10.1.5", Ports: s.Spec.Ports})
			for _, p := range s.Spec.Ports {
				taken[p] = true
			}
		}
	})
}

// Whatever is free in a subnet is inside it, not kept by Azure, and given to one service only.
func TestFreeAddressesAreNeverSharedOrReserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		bits := rapid.IntRange(26, 29).Draw(r, "bits")
		w := world(group)
		prefix := netip.PrefixFrom(netip.MustParseAddr("10.10.1.0"), bits)
		w.Subnets[0].Range = prefix
		usable := 1<<(32-bits) - 5
		for i := range usable {
			got, err := loadbalancer.Assign(service(inside("")), w)
			if err != nil {
				r.Fatalf("address %d of %d: %v", i+1, usable, err)
			}
			for _, h := range w.Holders {
				if h.IP == got.String() {
					r.Fatalf("%s was given twice", got)
				}
			}
			if last := got.As4()[3]; !prefix.Contains(got) || last < 4 || int(last) == 1<<(32-bits)-1 {
				r.Fatalf("%s is not usable in %s", got, prefix)
			}
			w.Holders = append(w.Holders, loadbalancer.Holder{IP: got.String()})
		}
		if got, err := loadbalancer.Assign(service(inside("")), w); err == nil || !strings.Contains(err.Error(), "SubnetIsFull") {
			r.Fatalf("a full subnet gives %s, %v", got, err)
		}
	})
}
