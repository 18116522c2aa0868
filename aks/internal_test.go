package aks

import (
	"net/netip"
	"strings"
	"testing"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

func TestTenthAddressIsInsideTheServices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bytes := [4]byte{10, rapid.Byte().Draw(t, "second"), rapid.Byte().Draw(t, "third"), rapid.Byte().Draw(t, "fourth")}
		services := netip.PrefixFrom(netip.AddrFrom4(bytes), rapid.IntRange(8, 28).Draw(t, "bits"))
		got := tenthAddress(services)
		if !services.Contains(got) {
			t.Fatalf("%s is outside %s", got, services)
		}
		if last := got.As4()[3]; last%16 != 10 {
			t.Fatalf("%s is not the tenth address of %s", got, services.Masked())
		}
	})
}

func TestSystemPoolDrift(t *testing.T) {
	t.Parallel()
	names := naming.For("test", "meet.example.org", "westeurope")
	want := environment.Pool{VMSize: "Standard_D4ds_v5", Minimum: 3, Maximum: 5}
	pool := func(name, size string, minimum, maximum int) aks.ManagedClusterAgentPoolProfileResponse {
		return aks.ManagedClusterAgentPoolProfileResponse{Name: name, VmSize: &size, MinCount: &minimum, MaxCount: &maximum}
	}
	for name, test := range map[string]struct {
		live aks.ManagedClusterAgentPoolProfileResponse
		want string // part of the only warning; empty for none
	}{
		"as configured":     {pool("system", "Standard_D4ds_v5", 3, 5), ""},
		"a pool of a zone":  {pool("zone1", "Standard_D8ds_v5", 1, 2), ""},
		"Azure says little": {aks.ManagedClusterAgentPoolProfileResponse{Name: "system"}, ""},
		"other bounds":      {pool("system", "Standard_D4ds_v5", 2, 5), "--min-count 3 --max-count 5"},
		"other size":        {pool("system", "Standard_D2ds_v5", 3, 5), "Standard_D2ds_v5 machines in Azure"},
	} {
		got := systemPoolDrift(names, want, []aks.ManagedClusterAgentPoolProfileResponse{test.live})
		switch {
		case test.want == "" && len(got) > 0:
			t.Errorf("%s: warnings %v", name, got)
		case test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)):
			t.Errorf("%s: warnings %v, want %q", name, got, test.want)
		}
	}
}

func TestKubeconfigNeedsCredentials(t *testing.T) {
	t.Parallel()
	if _, err := rewrite(func(text string) (string, error) { return text, nil })(nil); err == nil {
		t.Error("no credentials are accepted")
	}
}
