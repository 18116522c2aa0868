package kubernetes

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/localcloud/kubernetes/loadbalancer"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// azurePackage is the provider that owns the clusters and everything else in Azure.
const azurePackage = "azure-native"

// reader is what both a store and a transaction can do.
type reader interface {
	Get(id string) (store.Resource, error)
	List(provider string) ([]store.Resource, error)
}

// azureResource is a resource of Azure, opened for reading. Its inputs are looked at where the outputs lack something.
type azureResource struct {
	id      string
	created time.Time
	values  values
}

// azureOfKind reads all resources whose type token ends in the given name, whatever API version they are.
func azureOfKind(r reader, kind string) ([]azureResource, error) {
	stored, err := r.List(azurePackage)
	if err != nil {
		return nil, err
	}
	var found []azureResource
	for _, s := range stored {
		if !strings.HasSuffix(s.Type, ":"+kind) {
			continue
		}
		merged := values{}
		for _, raw := range [][]byte{s.Inputs, s.Outputs} {
			if raw == nil {
				continue
			}
			properties, err := rpcprovider.Decode(raw)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.ID, err)
			}
			for key, value := range rpcprovider.Plain(properties) {
				merged[key] = value
			}
		}
		found = append(found, azureResource{id: s.ID, created: s.Created, values: merged})
	}
	return found, nil
}

// segment is what follows a name in a resource id, for example the group after "resourceGroups".
func segment(id, after string) string {
	parts := strings.Split(id, "/")
	for i := 0; i+1 < len(parts); i++ {
		if strings.EqualFold(parts[i], after) {
			return parts[i+1]
		}
	}
	return ""
}

// world gathers what the Azure controller of the cluster sees. Holders are added by the caller.
func (c *cluster) world(r reader) (loadbalancer.World, error) {
	w := loadbalancer.World{Principal: c.principal, NodeGroup: c.nodeGroup, NodeSubnet: lastSegment(c.nodeSubnet)}
	subnets, err := azureOfKind(r, "Subnet")
	if err != nil {
		return w, err
	}
	network, _, _ := strings.Cut(strings.ToLower(c.nodeSubnet), "/subnets/")
	for _, s := range subnets {
		if !strings.HasPrefix(strings.ToLower(s.id), network+"/subnets/") {
			continue
		}
		if prefix, err := netip.ParsePrefix(s.values.text("addressPrefix")); err == nil {
			w.Subnets = append(w.Subnets, loadbalancer.Subnet{ID: s.id, Name: lastSegment(s.id), Range: prefix})
		}
	}
	addresses, err := azureOfKind(r, "PublicIPAddress")
	if err != nil {
		return w, err
	}
	for _, a := range addresses {
		w.Addresses = append(w.Addresses, loadbalancer.PublicAddress{
			ID: a.id, Name: lastSegment(a.id), Group: segment(a.id, "resourceGroups"),
			SKU: a.values.text("sku.name"), IP: a.values.text("ipAddress"),
		})
	}
	grants, err := azureOfKind(r, "RoleAssignment")
	if err != nil {
		return w, err
	}
	for _, g := range grants {
		w.Grants = append(w.Grants, loadbalancer.Grant{
			Principal: g.values.text("principalId"), Role: lastSegment(g.values.text("roleDefinitionId")),
			Scope: g.values.text("scope"),
		})
	}
	return w, nil
}

func lastSegment(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// values reads plain values by dotted paths. What is missing or of another type reads as nothing.
type values map[string]any

func (v values) get(path string) any {
	name, rest, nested := strings.Cut(path, ".")
	if !nested {
		return v[name]
	}
	inner, _ := v[name].(map[string]any)
	return values(inner).get(rest)
}

func (v values) text(path string) string {
	text, _ := v.get(path).(string)
	return text
}

func (v values) texts(path string) []string {
	var all []string
	items, _ := v.get(path).([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

func (v values) flag(path string) bool {
	flag, _ := v.get(path).(bool)
	return flag
}

func (v values) number(path string) int {
	switch n := v.get(path).(type) {
	case float64:
		return int(n)
	case string:
		i, _ := strconv.Atoi(n)
		return i
	default:
		return 0
	}
}

func (v values) objects(path string) []values {
	var all []values
	items, _ := v.get(path).([]any)
	for _, item := range items {
		if inner, ok := item.(map[string]any); ok {
			all = append(all, inner)
		}
	}
	return all
}
