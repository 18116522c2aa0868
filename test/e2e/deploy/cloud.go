package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// AutoscaleSettings are the deployed autoscale settings by the id of the scale set that each moves, as JSON with the
// properties of the Pulumi provider's inputs, which are the REST API's without its envelope.
func (d *Deployment) AutoscaleSettings() (map[string]json.RawMessage, error) {
	sets, err := d.azure.ScaleSets()
	if err != nil {
		return nil, err
	}
	settings := map[string]json.RawMessage{}
	err = d.each("azure-native:insights:AutoscaleSetting", func(r store.Resource, inputs map[string]any) error {
		target, _ := inputs["targetResourceUri"].(string)
		for _, set := range sets {
			if !arm.Same(set, target) {
				continue
			}
			raw, err := json.Marshal(inputs)
			if err != nil {
				return fmt.Errorf("encode %s: %w", r.ID, err)
			}
			settings[set] = raw
			return nil
		}
		return fmt.Errorf("%s moves %s, which is not deployed", r.ID, target)
	})
	return settings, err
}

// packageSetting is where an app on Azure Functions finds its package.
// Source: Azure docs, functions "run-functions-from-deployment-package".
const packageSetting = "WEBSITE_RUN_FROM_PACKAGE"

// App is the deployed function app: its settings as a process environment, in the order in which they were deployed, and the
// zip package that they lead to.
func (d *Deployment) App() (environ []string, pkg []byte, err error) {
	var address string
	err = d.each("azure-native:web:WebApp", func(r store.Resource, inputs map[string]any) error {
		if environ != nil {
			return fmt.Errorf("more than one app is deployed: %s", r.ID)
		}
		var read error
		environ, address, read = appSettings(inputs)
		return read
	})
	if err == nil && environ == nil {
		err = errors.New("no app is deployed")
	}
	if err != nil {
		return nil, nil, err
	}
	pkg, err = d.blob(address)
	return environ, pkg, err
}

func appSettings(inputs map[string]any) (environ []string, address string, err error) {
	raw, err := json.Marshal(inputs["siteConfig"])
	if err != nil {
		return nil, "", fmt.Errorf("encode the app's settings: %w", err)
	}
	var config struct {
		AppSettings []struct{ Name, Value string }
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, "", fmt.Errorf("read the app's settings: %w", err)
	}
	environ = []string{}
	for _, pair := range config.AppSettings {
		environ = append(environ, pair.Name+"="+pair.Value)
		if pair.Name == packageSetting {
			address = pair.Value
		}
	}
	return environ, address, nil
}

// blob is the uploaded file at an address.
func (d *Deployment) blob(address string) ([]byte, error) {
	all, err := d.cloud.Store.List("azure-native")
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		if r.Type != "azure-native:storage:Blob" {
			continue
		}
		made, err := rpcprovider.Decode(r.Outputs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		if url := made["url"]; !url.IsString() || !strings.EqualFold(url.StringValue(), address) {
			continue
		}
		inputs, err := rpcprovider.Decode(r.Inputs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.ID, err)
		}
		source := rpcprovider.Open(inputs)["source"]
		if !source.IsAsset() {
			return nil, fmt.Errorf("%s was not uploaded from a file", r.ID)
		}
		return d.cloud.Store.Blob(source.AssetValue().Hash)
	}
	return nil, fmt.Errorf("nothing was uploaded to %q, where the app looks for its package", address)
}

// each visits the deployed resources of a type with their inputs, secrets open.
func (d *Deployment) each(token string, visit func(r store.Resource, inputs map[string]any) error) error {
	all, err := d.cloud.Store.List("azure-native")
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Type != token {
			continue
		}
		inputs, err := rpcprovider.Decode(r.Inputs)
		if err != nil {
			return fmt.Errorf("%s: %w", r.ID, err)
		}
		if err := visit(r, rpcprovider.Plain(inputs)); err != nil {
			return err
		}
	}
	return nil
}
