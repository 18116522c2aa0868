package function

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"jitsi-meet-azure/functions/reaper/appservicetest"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/test/e2e/loopback"
)

// Difference is a variable in the handler's environment that is not as on Azure.
type Difference struct {
	Name string
	// Deployed is its value on Azure; empty where a deployment does not set it. Played is its value here.
	Deployed, Played string
	Reason           string
}

// surroundings are what is played around the handler.
type surroundings struct {
	clock clock.Clock
	// resourceManager, metrics and tables are the addresses of Azure's endpoints.
	resourceManager, metrics, tables string
	// machine is what App Service adds.
	machine []string
}

// adapt makes the handler's environment of the deployed settings. It leaves everything as deployed but for the differences
// that it lists.
func adapt(deployed []string, around surroundings) (environ []string, differences []Difference, err error) {
	told, err := settings.Parse(deployed)
	if err != nil {
		return nil, nil, fmt.Errorf("the deployed settings: %w", err)
	}
	for i, target := range told.Targets {
		if told.Targets[i].Jicofo, err = onThisMachine(target.Jicofo); err != nil {
			return nil, nil, fmt.Errorf("the Jicofo of shard %s: %w", target.Shard, err)
		}
	}
	values, err := told.Values()
	if err != nil {
		return nil, nil, fmt.Errorf("the deployed settings: %w", err)
	}
	differences = []Difference{
		{Name: settings.ResourceManagerName, Played: around.resourceManager, Reason: "Azure Resource Manager is played on this machine"},
		{Name: settings.MetricsEndpointName, Played: around.metrics, Reason: "Azure Monitor is played on this machine"},
		{Name: settings.TableEndpointName, Played: around.tables, Reason: "the tables are Azurite's"},
		{
			Name: settings.TargetsName, Played: values[settings.TargetsName],
			Reason: "each shard's Jicofo answers at its own address with 127 for 10, at its own port",
		},
		{Name: settings.ClockName, Played: around.clock.String(), Reason: "a day passes in minutes"},
	}
	for _, pair := range around.machine {
		name, value, _ := strings.Cut(pair, "=")
		reason := "App Service gives the app its tokens there"
		if name == appservicetest.CertificateName {
			reason = "the certificates of Azure Resource Manager, Azure Monitor and Azurite are self-made"
		}
		differences = append(differences, Difference{Name: name, Played: value, Reason: reason})
	}
	environ = slices.Clone(deployed)
	for i := range differences {
		environ = differences[i].apply(environ)
	}
	return environ, differences, nil
}

// apply gives the variable its value here, in its place, and notes the deployed one. An empty value takes it away.
func (d *Difference) apply(environ []string) []string {
	changed := d.Name + "=" + d.Played
	for i, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); name == d.Name {
			d.Deployed, environ[i] = value, changed
			return environ
		}
	}
	if d.Played == "" {
		return environ
	}
	return append(environ, changed)
}

// onThisMachine is where a Jicofo is played.
func onThisMachine(jicofo string) (string, error) {
	address, err := netip.ParseAddrPort(strings.TrimPrefix(jicofo, "http://"))
	if err != nil {
		return "", fmt.Errorf("its address: %w", err)
	}
	return "http://" + netip.AddrPortFrom(loopback.Of(address.Addr()), address.Port()).String(), nil
}

// value is a variable's.
func value(environ []string, wanted string) string {
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); name == wanted {
			return value
		}
	}
	return ""
}
