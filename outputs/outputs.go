// Package outputs is the contract between the stack and those who operate it: what `pulumi stack output --json` prints,
// as a Go type. Removing or renaming a field breaks the consumers and is refused by a test; add fields instead. The
// package is pure, so that tools can read the outputs without Pulumi.
package outputs

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Outputs is everything that a deployed environment tells its operators. In the image phase only Environment,
// Location, Phase, ResourceGroup and Image are filled.
type Outputs struct {
	// Environment is the stack's name.
	Environment string `json:"environment"`
	// Location is the Azure region.
	Location string `json:"location"`
	// Phase is "image" until the first bridge image is published, "full" afterwards.
	Phase string `json:"phase"`
	// ResourceGroup holds everything except the cluster's nodes.
	ResourceGroup string `json:"resourceGroup"`
	// Image says where bridge images are published.
	Image Image `json:"image"`
	// FrontDoor is where users arrive.
	FrontDoor *FrontDoor `json:"frontDoor,omitempty"`
	// Cluster is the AKS cluster.
	Cluster *Cluster `json:"cluster,omitempty"`
	// Kubeconfig opens the cluster. It is a secret: shown only with --show-secrets.
	Kubeconfig string `json:"kubeconfig,omitempty"`
	// Shards by name.
	Shards map[string]Shard `json:"shards,omitempty"`
	// Thresholds are the scaling limits in force in every shard.
	Thresholds *Thresholds `json:"thresholds,omitempty"`
	// Reaper is the function that scales in.
	Reaper *Reaper `json:"reaper,omitempty"`
}

// Image says where bridge images are published.
type Image struct {
	// Gallery is the name of the compute gallery.
	Gallery string `json:"gallery"`
	// Definition is the name of the image definition in it.
	Definition string `json:"definition"`
	// DefinitionID is its Azure resource id; the scale sets boot its newest version.
	DefinitionID string `json:"definitionId"`
}

// FrontDoor is where users arrive.
type FrontDoor struct {
	// URL is the address that users open.
	URL string `json:"url"`
	// Address is the public IP address that the domain's DNS record must name.
	Address string `json:"address"`
}

// Cluster is the AKS cluster.
type Cluster struct {
	// Name is the cluster's name, for `az aks get-credentials`.
	Name string `json:"name"`
	// ID is its Azure resource id.
	ID string `json:"id"`
	// EgressAddresses are the public addresses from which the cluster reaches the Internet, for other parties' allow lists.
	EgressAddresses []string `json:"egressAddresses"`
}

// Shard is one signalling-and-media unit.
type Shard struct {
	// Zone is the availability zone, 1 to 3.
	Zone int `json:"zone"`
	// Namespace is the Kubernetes namespace of its signalling.
	Namespace string `json:"namespace"`
	// SignallingAddress is the private address at which bridges find Prosody, port 5222.
	SignallingAddress string `json:"signallingAddress"`
	// ScaleSetID is the Azure resource id of its bridges.
	ScaleSetID string `json:"scaleSetId"`
	// ScaleSetName is the scale set's name.
	ScaleSetName string `json:"scaleSetName"`
	// PrefixCIDR is the public range that its bridges' addresses come from, for users' allow lists (UDP 10000).
	PrefixCIDR string `json:"prefixCidr"`
	// AutoscaleSettingID is the Azure resource id of its autoscale setting.
	AutoscaleSettingID string `json:"autoscaleSettingId"`
	// Turn is where clients without UDP find its TURN relays.
	Turn Turn `json:"turn"`
}

// Turn is where clients without UDP find the TURN relays of a shard, TCP port 443.
type Turn struct {
	// Host is the DNS name that needs a record, and a place in the public certificate.
	Host string `json:"host"`
	// Address is the public IP address that the record must name.
	Address string `json:"address"`
}

// Thresholds are the scaling limits in force.
type Thresholds struct {
	// NetworkBytesPerMinute is the mean network traffic of a shard's bridges, in or out, above which one is added.
	NetworkBytesPerMinute float64 `json:"networkBytesPerMinute"`
	// CPUPercent is the mean processor load above which one is added.
	CPUPercent int `json:"cpuPercent"`
	// Minimum and Maximum are bridges per shard.
	Minimum int `json:"minimum"`
	Maximum int `json:"maximum"`
}

// Reaper is the function that scales in.
type Reaper struct {
	// FunctionApp is the app's name.
	FunctionApp string `json:"functionApp"`
	// FunctionAppID is its Azure resource id.
	FunctionAppID string `json:"functionAppId"`
	// TableEndpoint is the URL of the storage tables that hold its memory.
	TableEndpoint string `json:"tableEndpoint"`
	// Tables are the tables' names.
	Tables []string `json:"tables"`
}

// Decode reads what `pulumi stack output --json` prints. Unknown keys are errors: they mean that reader and stack are
// of different versions.
func Decode(document []byte) (Outputs, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	var decoded Outputs
	if err := decoder.Decode(&decoded); err != nil {
		return Outputs{}, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	return decoded, nil
}
