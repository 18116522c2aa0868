package aks_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/aks"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := validArgs().Validate(); err != nil {
		t.Fatalf("valid arguments are refused: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*aks.Args)
		want   string
	}{
		"input":    {func(a *aks.Args) { a.NodeSubnetID = nil }, "NodeSubnetID is missing"},
		"relays":   {func(a *aks.Args) { a.TurnAddressIDs = nil }, "TurnAddressIDs is missing"},
		"relay":    {func(a *aks.Args) { a.TurnAddressIDs["a"] = nil }, `TurnAddressIDs["a"] is missing`},
		"no zone":  {func(a *aks.Args) { a.Zones = nil }, "Zones is empty"},
		"order":    {func(a *aks.Args) { a.Zones = []int{3, 1} }, "must be sorted and distinct"},
		"twice":    {func(a *aks.Args) { a.Zones = []int{1, 1} }, "must be sorted and distinct"},
		"zone":     {func(a *aks.Args) { a.Zones = []int{4} }, "zone 4 is not one of 1, 2, 3"},
		"services": {func(a *aks.Args) { a.ServiceCIDR = netip.MustParsePrefix("10.0.0.0/29") }, "ServiceCIDR must be"},
		"pods":     {func(a *aks.Args) { a.PodCIDR = netip.Prefix{} }, "PodCIDR must be"},
		"version":  {func(a *aks.Args) { a.Cluster.KubernetesVersion = "1" }, "is not major.minor"},
		"channel":  {func(a *aks.Args) { a.Cluster.UpgradeChannel = "rapid" }, `UpgradeChannel "rapid" is not one of`},
		"system":   {func(a *aks.Args) { a.Cluster.NodeOSUpgradeChannel = "none" }, `NodeOSUpgradeChannel "none" is not one of`},
		"patch of a patch": {func(a *aks.Args) {
			a.Cluster.UpgradeChannel, a.Cluster.KubernetesVersion = "patch", "1.34.2"
		}, "write major.minor"},
		"tier":     {func(a *aks.Args) { a.Cluster.Tier = "Gold" }, `Tier "Gold" is not one of`},
		"lock-out": {func(a *aks.Args) { a.Cluster.AdminGroupIDs = nil }, "nobody could administer"},
		"ranges": {func(a *aks.Args) {
			a.Cluster.AuthorizedIPRanges = make([]netip.Prefix, 199)
		}, "AKS takes 200"},
		"pool":     {func(a *aks.Args) { a.Cluster.ShardPool.Minimum = 5 }, "Cluster.ShardPool: 1 ≤ Minimum (5) ≤ Maximum (4)"},
		"size":     {func(a *aks.Args) { a.Cluster.SystemPool.VMSize = "" }, "Cluster.SystemPool.VMSize is missing"},
		"hour":     {func(a *aks.Args) { a.Cluster.Maintenance.Hour = 24 }, "Hour 24 is not one of 0 to 23"},
		"weekday":  {func(a *aks.Args) { a.Cluster.Maintenance.Weekday = 7 }, "is no weekday"},
		"vault":    {func(a *aks.Args) { a.KeyVaultCertificate.Name = "meet" }, "names no certificate of a vault"},
		"duration": {func(a *aks.Args) { a.Cluster.Maintenance.Duration = 90 * time.Minute }, "is not 4 to 24 whole hours"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := validArgs()
			test.change(&args)
			err := args.Validate()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := (aks.Args{}).Validate()
	if err == nil {
		t.Fatal("the zero Args are accepted")
	}
	if problems := strings.Count(err.Error(), "aks: "); problems < 15 {
		t.Errorf("only %d problems of the zero Args:\n%v", problems, err)
	}
}
