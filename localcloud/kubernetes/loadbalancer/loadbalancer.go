// Package loadbalancer decides which address Azure would give a Service of type LoadBalancer, or why it would not.
//
// Source: cloud-provider-azure docs, "LoadBalancer", and AKS docs, "internal-lb" and "static-ip".
package loadbalancer

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Annotations of a Service that the Azure controller reads.
const (
	InternalAnnotation    = "service.beta.kubernetes.io/azure-load-balancer-internal"
	SubnetAnnotation      = "service.beta.kubernetes.io/azure-load-balancer-internal-subnet"
	AddressAnnotation     = "service.beta.kubernetes.io/azure-load-balancer-ipv4"
	PublicNameAnnotation  = "service.beta.kubernetes.io/azure-pip-name"
	GroupAnnotation       = "service.beta.kubernetes.io/azure-load-balancer-resource-group"
	IdleTimeoutAnnotation = "service.beta.kubernetes.io/azure-load-balancer-tcp-idle-timeout"
)

// Idle timeouts that a Standard load balancer allows, in minutes.
const (
	shortestIdle = 4
	longestIdle  = 30
)

// Subnet is a subnet of the cluster's virtual network.
type Subnet struct {
	ID, Name string
	Range    netip.Prefix
}

// PublicAddress is a public IP address resource.
type PublicAddress struct {
	ID, Name, Group string
	SKU             string
	IP              string
}

// Holder is a Service that holds an address.
type Holder struct {
	// Service is its "namespace/name".
	Service string
	IP      string
	Ports   []corev1.ServicePort
}

// World is what the controller sees of Azure and of the cluster.
type World struct {
	// Principal is the object id of the cluster's identity.
	Principal string
	// NodeGroup is the name of the cluster's own resource group; NodeSubnet the name of the nodes' subnet.
	NodeGroup, NodeSubnet string
	Subnets               []Subnet
	Addresses             []PublicAddress
	Grants                []Grant
	// Holders are the other Services that hold addresses.
	Holders []Holder
}

// Assign gives the address of the Service. The error is what the controller writes into the Service's events.
func Assign(s *corev1.Service, w World) (netip.Addr, error) {
	if err := idleTimeout(s); err != nil {
		return netip.Addr{}, err
	}
	if group := s.Annotations[GroupAnnotation]; group != "" && !strings.EqualFold(group, w.NodeGroup) {
		if err := w.listable(group); err != nil {
			return netip.Addr{}, err
		}
	}
	var address netip.Addr
	var err error
	if s.Annotations[InternalAnnotation] == "true" {
		address, err = internal(s, w)
	} else {
		address, err = public(s, w)
	}
	if err != nil {
		return netip.Addr{}, err
	}
	return address, portsFree(s, address, w.Holders)
}

func idleTimeout(s *corev1.Service) error {
	text, given := s.Annotations[IdleTimeoutAnnotation]
	if !given {
		return nil
	}
	if minutes, err := strconv.Atoi(text); err != nil || minutes < shortestIdle || minutes > longestIdle {
		return fmt.Errorf("error parsing idle timeout value: %q: it must be a whole number of minutes between %d and %d",
			text, shortestIdle, longestIdle)
	}
	return nil
}

// portsFree refuses an address of which another Service holds one of the ports. The Services of a cluster may share an
// address, an internal one too and whatever namespaces they are in, but not a port of it.
// Source: cloud-provider-azure docs, "Multiple Services Sharing One IP Address"; its checkLoadBalancerResourcesConflicts.
func portsFree(s *corev1.Service, address netip.Addr, holders []Holder) error {
	for _, h := range holders {
		if h.IP != address.String() {
			continue
		}
		for _, held := range h.Ports {
			for _, wanted := range s.Spec.Ports {
				if held.Port == wanted.Port && held.Protocol == wanted.Protocol {
					return fmt.Errorf("checkLoadBalancerResourcesConflicts: service port %s is trying to consume the port %d "+
						"which is being referenced by an existing loadBalancing rule of service %s with the same protocol %s and "+
						"frontend IP %s", wanted.Name, wanted.Port, h.Service, wanted.Protocol, address)
				}
			}
		}
	}
	return nil
}

func wanted(s *corev1.Service) (netip.Addr, bool, error) {
	text := s.Annotations[AddressAnnotation]
	if text == "" {
		text = s.Spec.LoadBalancerIP
	}
	if text == "" {
		return netip.Addr{}, false, nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, false, fmt.Errorf("annotation %s: %w", AddressAnnotation, err)
	}
	return address, true, nil
}
