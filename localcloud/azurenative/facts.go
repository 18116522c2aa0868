package azurenative

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// remember keeps an output that the cloud chose once, when it made the resource.
func (op *operation) remember(path string, value any) error {
	facts, err := op.facts()
	if err != nil {
		return err
	}
	facts[path] = value
	op.live, err = json.Marshal(facts)
	return err
}

func (op *operation) facts() (map[string]any, error) {
	facts := map[string]any{}
	if op.live == nil {
		return facts, nil
	}
	if err := json.Unmarshal(op.live, &facts); err != nil {
		return nil, fmt.Errorf("%s: what the cloud remembers: %w", op.id, err)
	}
	return facts, nil
}

// recall adds what was remembered to the outputs.
func (op *operation) recall() error {
	facts, err := op.facts()
	if err != nil {
		return err
	}
	for _, path := range sortedKeys(facts) {
		op.set(path, facts[path])
	}
	return nil
}

// setKnown sets an output where the resource has it.
func (op *operation) setKnown(name string, value any) {
	if _, known := fieldsOf(op.d.outputs)[name]; known {
		op.set(name, value)
	}
}

// etag changes with every content, as Azure's does.
func (op *operation) etag() string {
	return `W/"` + guidOf("etag", op.id, fmt.Sprint(map[string]any(op.in))) + `"`
}

func completeNetworking(op *operation) error {
	if !op.out().has("etag") {
		op.setKnown("etag", op.etag())
	}
	op.setKnown("resourceGuid", guidOf("resource", op.id))
	return op.recall()
}

func identityClient(id string) string    { return guidOf("client", strings.ToLower(id)) }
func identityPrincipal(id string) string { return guidOf("principal", strings.ToLower(id)) }

func completeIdentity(op *operation) error {
	op.set("clientId", identityClient(op.id))
	op.set("principalId", identityPrincipal(op.id))
	op.set("tenantId", op.p.tenant)
	return nil
}

// completeSystemIdentity gives a resource with an identity of its own the principal of that identity.
func (op *operation) completeSystemIdentity() {
	if strings.Contains(op.in.text("identity.type"), "SystemAssigned") {
		op.set("identity.principalId", identityPrincipal(op.id))
		op.set("identity.tenantId", op.p.tenant)
	}
}

func completeAccount(op *operation) error {
	name := op.in.text("accountName")
	for _, service := range []string{"blob", "file", "queue", "table", "dfs"} {
		op.set("primaryEndpoints."+service, "https://"+name+"."+service+".core.windows.net/")
	}
	op.set("primaryLocation", op.out().text("location"))
	op.set("statusOfPrimary", "available")
	op.set("creationTime", op.created.Format(time.RFC3339))
	op.completeSystemIdentity()
	return nil
}

func completeTable(op *operation) error {
	op.set("tableName", op.in.text("tableName"))
	return nil
}

func completeBlob(op *operation) error {
	op.set("url", fmt.Sprintf("https://%s.blob.core.windows.net/%s/%s",
		op.in.text("accountName"), op.in.text("containerName"), op.in.text("blobName")))
	return nil
}

func completeComponent(op *operation) error {
	key := guidOf("instrumentation", op.id)
	op.set("instrumentationKey", key)
	op.set("appId", guidOf("app", op.id))
	op.set("connectionString", "InstrumentationKey="+key+";IngestionEndpoint=https://"+op.out().text("location")+
		"-0.in.applicationinsights.azure.com/")
	return nil
}

func completePlan(op *operation) error {
	op.set("kind", op.in.text("kind"))
	return nil
}

func completeApp(op *operation) error {
	host := op.in.text("name") + ".azurewebsites.net"
	op.set("defaultHostName", host)
	op.set("hostNames", []any{host})
	op.set("state", "Running")
	op.set("enabled", true)
	var addresses []string
	for i := range 4 {
		addresses = append(addresses, "192.0.2."+strconv.Itoa(i*8+int(guidOf(op.id)[0])%8+1))
	}
	op.set("outboundIpAddresses", strings.Join(addresses[:2], ","))
	op.set("possibleOutboundIpAddresses", strings.Join(addresses, ","))
	op.completeSystemIdentity()
	return nil
}
