// Package outputs is the contract between the stack and those who operate it: what `pulumi stack output --json` prints,
// as a Go type and, made from it, as a JSON schema. Removing or renaming a field breaks the consumers and is refused by a test;
// add fields instead. The package is pure, so that tools can read the outputs without Pulumi.
package outputs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Outputs is everything that a deployed environment tells its operators. In the image phase only Environment,
// Location, Phase, ResourceGroup and Image are filled; afterwards all is.
type Outputs struct {
	// Environment is the stack's name.
	Environment string `json:"environment" jsonschema:"pattern=^[a-z][a-z0-9]{0\\,6}$"`
	// Location is the Azure region.
	Location string `json:"location" jsonschema:"minLength=1"`
	// Phase is "image" until the first bridge image is published, "full" afterwards.
	Phase string `json:"phase" jsonschema:"enum=image,enum=full"`
	// ResourceGroup holds everything except the cluster's nodes.
	ResourceGroup string `json:"resourceGroup" jsonschema:"minLength=1"`
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
	// Vault is the Key Vault with the bridges' secrets.
	Vault *Vault `json:"vault,omitempty"`
	// Monitoring is where logs and metrics go.
	Monitoring *Monitoring `json:"monitoring,omitempty"`
}

// Image says where bridge images are published.
type Image struct {
	// Gallery is the name of the compute gallery.
	Gallery string `json:"gallery" jsonschema:"minLength=1"`
	// Definition is the name of the image definition in it.
	Definition string `json:"definition" jsonschema:"minLength=1"`
	// DefinitionID is its Azure resource id; the scale sets boot its newest version.
	DefinitionID string `json:"definitionId" jsonschema:"pattern=^/subscriptions/"`
}

// FrontDoor is where users arrive.
type FrontDoor struct {
	// URL is the address that users open.
	URL string `json:"url" jsonschema:"pattern=^https://"`
	// Address is the public IP address that the domain's DNS record must name.
	Address string `json:"address" jsonschema:"format=ipv4"`
	// Namespace is the Kubernetes namespace of the proxies and of all relays.
	Namespace string `json:"namespace" jsonschema:"minLength=1"`
	// Metrics are the proxies' own addresses for metrics, as host:port, path /metrics, HTTP. Only pods of the cluster reach them.
	Metrics []string `json:"metrics" jsonschema:"minItems=1"`
}

// Cluster is the AKS cluster.
type Cluster struct {
	// Name is the cluster's name, for `az aks get-credentials`.
	Name string `json:"name" jsonschema:"minLength=1"`
	// ID is its Azure resource id.
	ID string `json:"id" jsonschema:"pattern=^/subscriptions/"`
	// EgressAddresses are the public addresses from which the cluster reaches the Internet, for other parties' allow lists.
	EgressAddresses []string `json:"egressAddresses" jsonschema:"minItems=1,format=ipv4"`
	// NodeResourceGroup holds the cluster's nodes and their load balancers. It is AKS' own.
	NodeResourceGroup string `json:"nodeResourceGroup" jsonschema:"minLength=1"`
}

// Shard is one signalling-and-media unit.
type Shard struct {
	// Zone is the availability zone, 1 to 3.
	Zone int `json:"zone" jsonschema:"minimum=1,maximum=3"`
	// Namespace is the Kubernetes namespace of its signalling.
	Namespace string `json:"namespace" jsonschema:"minLength=1"`
	// SignallingAddress is the private address at which bridges find Prosody, port 5222.
	SignallingAddress string `json:"signallingAddress" jsonschema:"format=ipv4"`
	// ScaleSetID is the Azure resource id of its bridges.
	ScaleSetID string `json:"scaleSetId" jsonschema:"pattern=^/subscriptions/"`
	// ScaleSetName is the scale set's name.
	ScaleSetName string `json:"scaleSetName" jsonschema:"minLength=1"`
	// PrefixCIDR is the public range that its bridges' addresses come from, for users' allow lists (UDP 10000).
	PrefixCIDR string `json:"prefixCidr" jsonschema:"pattern=^[0-9.]+/[0-9]+$"`
	// AutoscaleSettingID is the Azure resource id of its autoscale setting.
	AutoscaleSettingID string `json:"autoscaleSettingId" jsonschema:"pattern=^/subscriptions/"`
	// Turn is where clients without UDP find its TURN relays.
	Turn Turn `json:"turn"`
}

// Turn is where clients without UDP find the TURN relays of a shard, TCP port 443.
type Turn struct {
	// Host is the DNS name that needs a record, and a place in the public certificate.
	Host string `json:"host" jsonschema:"minLength=1"`
	// Address is the public IP address that the record must name.
	Address string `json:"address" jsonschema:"format=ipv4"`
}

// Thresholds are the scaling limits in force.
type Thresholds struct {
	// NetworkBytesPerMinute is the mean network traffic of a bridge, in or out, above which a shard gets one more; bytes a minute.
	NetworkBytesPerMinute float64 `json:"networkBytesPerMinute" jsonschema:"exclusiveMinimum=0"`
	// CPUPercent is the mean processor load above which one is added; percent.
	CPUPercent int `json:"cpuPercent" jsonschema:"minimum=1,maximum=100"`
	// Minimum is the smallest number of bridges in a shard.
	Minimum int `json:"minimum" jsonschema:"minimum=1"`
	// Maximum is the largest number of bridges in a shard.
	Maximum int `json:"maximum" jsonschema:"minimum=2"`
}

// Reaper is the function that scales in.
type Reaper struct {
	// FunctionApp is the app's name.
	FunctionApp string `json:"functionApp" jsonschema:"minLength=1"`
	// FunctionAppID is its Azure resource id.
	FunctionAppID string `json:"functionAppId" jsonschema:"pattern=^/subscriptions/"`
	// TableEndpoint is the URL of the storage tables that hold its memory.
	TableEndpoint string `json:"tableEndpoint" jsonschema:"pattern=^https://"`
	// Tables are the tables' names.
	Tables []string `json:"tables" jsonschema:"minItems=1"`
}

// Vault is the Key Vault with the bridges' secrets.
type Vault struct {
	// Name is the vault's name, for `az keyvault`.
	Name string `json:"name" jsonschema:"minLength=1"`
}

// Monitoring is where logs and metrics go, by names within the resource group.
type Monitoring struct {
	// Workspace is the Log Analytics workspace.
	Workspace string `json:"workspace" jsonschema:"minLength=1"`
	// ApplicationInsights is what the reaper's host reports to.
	ApplicationInsights string `json:"applicationInsights" jsonschema:"minLength=1"`
	// ActionGroup is who is told of alerts.
	ActionGroup string `json:"actionGroup" jsonschema:"minLength=1"`
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
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Outputs{}, errors.New("reading the stack's outputs: something follows them")
	}
	return decoded, nil
}
