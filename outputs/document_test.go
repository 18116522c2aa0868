package outputs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	invopop "github.com/invopop/jsonschema"

	"jitsi-meet-azure/internal/golden"
)

const introduction = `# Outputs

What a deployed environment tells those who operate it, as JSON:

` + "```sh" + `
make -s outputs STACK=dev                     # of the local cloud
pulumi stack output --json --stack dev        # of Azure; kubeconfig is a secret and shown with --show-secrets only
` + "```" + `

The form is a contract. [outputs/schema.json](../outputs/schema.json) is its JSON schema, made from the Go type
[outputs.Outputs](../outputs/outputs.go); ` + "`.bin/operate schema`" + ` prints it. The tests deploy both environments with the real engine
and hold what they print against it. Keys are added and never removed, renamed or made optional (` + "`outputs/testdata/keys.golden.txt`" + `
is the list of what was promised). A document with an unknown key is refused: reader and environment are of different versions.

This page is made from the schema: ` + "`UPDATE=1 go test ./outputs`" + ` writes it anew.

## Consumers

` + "`.bin/operate`" + ` (` + "`make build`" + ` makes it) reads outputs on its standard input and needs nothing else: no account, no cluster, no
Pulumi. What does not follow the schema is refused, with everything that is wrong, and nothing is printed.

| to | command |
|---|---|
| have Prometheus find what it can watch | ` + "`make -s targets STACK=dev > targets/dev.json`" + ` |
| have Ansible, or a script, know the environment | ` + "`make -s inventory STACK=dev > inventory/dev.json`" + ` |
| check outputs that were kept or passed on | ` + "`operate check < outputs.json`" + ` |
| do the same on Azure | ` + "`pulumi stack output --json --stack prod \\| operate targets`" + ` |

### Prometheus

` + "`make targets`" + ` prints a list for file-based service discovery (` + "`file_sd_configs`" + `). The label ` + "`from`" + ` says where a target can be
reached from, and so which Prometheus takes it:

| job | targets | labels | from |
|---|---|---|---|
| ` + "`front-door`" + ` | the metrics of every proxy, port 8404, ` + "`/metrics`" + ` | environment | ` + "`cluster`" + `: pods of the cluster |
| ` + "`front-door-probe`" + ` | the address that users open, for the blackbox exporter's module ` + "`http_2xx`" + ` | environment | ` + "`anywhere`" + ` |
| ` + "`relay-probe`" + ` | a shard's TURN relays, for its module ` + "`tls_connect`" + ` (prober ` + "`tcp`, `tls: true`" + `) | environment, shard, zone | ` + "`anywhere`" + ` |

` + "```yaml" + `
scrape_configs:
  - job_name: meet                # the label job of the list stands instead of this
    file_sd_configs: [{files: [targets/*.json]}]
    relabel_configs:
      - {source_labels: [from], regex: cluster, action: keep}
  - job_name: meet-probes
    metrics_path: /probe
    file_sd_configs: [{files: [targets/*.json]}]
    relabel_configs:
      - {source_labels: [from], regex: anywhere, action: keep}
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "blackbox:9115"}
` + "```" + `

What is not in the list cannot be scraped, on purpose. Only the reaper reaches the HTTP servers of the bridges, which know no
login, and only the reaper and the proxies that of Jicofo. A bridge sends its numbers to the workspace itself
([bridge.md](bridge.md)), and what the proxies see of every shard is in their metrics (` + "`haproxy_server_status`, `haproxy_server_agent_status`" + `,
one server for each shard).

### Ansible

` + "`make inventory`" + ` prints an inventory for the YAML plugin. Nothing in an environment takes SSH: its hosts stand for what an operator
works on with ` + "`az`, `kubectl` and `shardctl`" + ` from the machine that Ansible runs on (` + "`ansible_connection: local`" + `). Names of hosts begin
with the environment, so several inventories can be read together.

| group | hosts | variables |
|---|---|---|
| the environment's name | ` + "`ENV-front-door`, `ENV-reaper`" + `, and the groups below it | location, resource groups, cluster, image, limits, vault, workspace |
| ` + "`ENV_shard_NAME`" + ` | ` + "`ENV-shard-NAME`, `ENV-relay-NAME`" + ` | shard, zone; of the shard: namespace, scale set, prefix, signalling address, autoscale setting |
| ` + "`every_shard`, `every_relay`, `zone_1` to `zone_3`" + ` | the same hosts, over all environments | none |

` + "```sh" + `
ansible -i inventory/ every_shard -m command -a 'az vmss list-instances --resource-group {{ resource_group }} --name {{ scale_set_name }}'
` + "```" + `

## Keys
`

// The page is made from the schema, so that it says what the contract says.
func TestThePageSaysWhatTheSchemaSays(t *testing.T) {
	t.Parallel()
	made := generate(t)
	var page strings.Builder
	page.WriteString(introduction)
	section(&page, "The document", made)
	for at := made.Properties.Oldest(); at != nil; at = at.Next() {
		described := at.Value
		for described != nil {
			if name, refers := strings.CutPrefix(described.Ref, "#/$defs/"); refers {
				title := "`" + at.Key + "`"
				if described != at.Value {
					title += ", each"
				}
				section(&page, title, made.Definitions[name])
				if inner, there := made.Definitions[name].Properties.Get("turn"); there {
					section(&page, title+": `turn`", made.Definitions[strings.TrimPrefix(inner.Ref, "#/$defs/")])
				}
			}
			described = described.AdditionalProperties
		}
	}
	golden.Compare(t, "../docs/outputs.md", page.String())
}

func section(page *strings.Builder, title string, part *invopop.Schema) {
	fmt.Fprintf(page, "\n### %s\n\n| key | type | always | meaning |\n|---|---|---|---|\n", title)
	for at := part.Properties.Oldest(); at != nil; at = at.Next() {
		always := "yes"
		if !slices.Contains(part.Required, at.Key) {
			always = "not in the image phase"
		}
		kind := at.Value.Type
		if at.Value.Ref != "" {
			kind = "object"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", at.Key, kind, always, at.Value.Description)
	}
}
