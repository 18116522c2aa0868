package azurenative

import (
	"slices"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

// mostSettings is how many diagnostic settings a resource may have. Source: Azure docs, diagnostic-settings.
const mostSettings = 5

// logsOf are what a type of resource can send: categories of logs, groups of them, and metrics.
type logsOf struct {
	logs, groups []string
	metrics      bool
}

// loggable are the types of resources that send anything here, in lower case.
// Source: Azure docs, azure-monitor reference/supported-logs and supported-metrics.
func loggable() map[string]logsOf {
	return map[string]logsOf{
		"microsoft.insights/autoscalesettings": {
			logs: []string{"AutoscaleEvaluations", "AutoscaleScaleActions"}, groups: []string{"allLogs"}, metrics: true,
		},
		"microsoft.web/sites": {
			logs:   []string{"FunctionAppLogs", "AppServiceAuthenticationLogs", "AppServiceIPSecAuditLogs", "AppServicePlatformLogs"},
			groups: []string{"allLogs"}, metrics: true,
		},
		"microsoft.keyvault/vaults": {
			logs: []string{"AuditEvent", "AzurePolicyEvaluationDetails"}, groups: []string{"audit", "allLogs"}, metrics: true,
		},
		"microsoft.containerservice/managedclusters": {
			logs: []string{
				"cloud-controller-manager", "cluster-autoscaler", "csi-azuredisk-controller", "csi-azurefile-controller",
				"csi-snapshot-controller", "guard", "kube-apiserver", "kube-audit", "kube-audit-admin", "kube-controller-manager",
				"kube-scheduler",
			},
			groups: []string{"audit", "allLogs"}, metrics: true,
		},
		"microsoft.compute/virtualmachinescalesets": {metrics: true},
		"microsoft.network/publicipaddresses": {
			logs:   []string{"DDoSProtectionNotifications", "DDoSMitigationFlowLogs", "DDoSMitigationReports"},
			groups: []string{"audit", "allLogs"}, metrics: true,
		},
	}
}

// acceptDiagnostic refuses a setting that sends nothing, nowhere, what the resource does not have, or what another setting sends
// to the same place already. Source: Azure docs, diagnostic-settings.
func acceptDiagnostic(op *operation) error {
	if !op.in.has("workspaceId") && !op.in.has("storageAccountId") && !op.in.has("eventHubAuthorizationRuleId") {
		return invalid("BadRequest", "At least one data sink needs to be specified.")
	}
	if len(op.in.objects("logs"))+len(op.in.objects("metrics")) == 0 {
		return invalid("BadRequest", "A diagnostic setting needs at least one category of logs or metrics.")
	}
	for _, step := range []func() error{op.categoriesExist, op.categoriesFree} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (op *operation) categoriesExist() error {
	target := arm.TypeOf(op.in.text("resourceUri"))
	kind, known := loggable()[strings.ToLower(target)]
	if !known {
		return invalid("ResourceTypeNotSupported", "The resource type '%s' does not support diagnostic settings.", strings.ToLower(target))
	}
	seen := map[string]bool{}
	for _, entry := range op.in.objects("logs") {
		name := entry.text("category") + entry.text("categoryGroup")
		if seen[name] {
			return invalid("BadRequest", "Category '%s' is there more than once.", name)
		}
		seen[name] = true
		if err := kind.has(entry, target); err != nil {
			return err
		}
	}
	for _, entry := range op.in.objects("metrics") {
		if category := entry.text("category"); !kind.metrics || category != "AllMetrics" {
			return invalid("BadRequest", "Metric category '%s' is not supported for resource type '%s'.", category, target)
		}
	}
	return nil
}

// has refuses an entry that names no category of the type, or not exactly one.
func (l logsOf) has(entry object, target string) error {
	category, group := entry.text("category"), entry.text("categoryGroup")
	switch {
	case (category == "") == (group == ""):
		return invalid("BadRequest", "An entry of logs needs either category or categoryGroup.")
	case category != "" && !slices.Contains(l.logs, category):
		return invalid("BadRequest", "Category '%s' is not supported for resource type '%s'.", category, target)
	case group != "" && !slices.Contains(l.groups, group):
		return invalid("BadRequest", "Category group '%s' is not supported for resource type '%s'.", group, target)
	}
	return nil
}

// categoriesFree refuses a category that another setting of the resource sends to the same workspace.
func (op *operation) categoriesFree() error {
	others, err := op.all(diagnosticToken)
	if err != nil {
		return err
	}
	mine, count := sent(op.in), 1
	for _, other := range others {
		if !arm.Same(other.in.text("resourceUri"), op.in.text("resourceUri")) {
			continue
		}
		count++
		if !arm.Same(other.in.text("workspaceId"), op.in.text("workspaceId")) {
			continue
		}
		for _, category := range sent(other.in) {
			if slices.Contains(mine, category) {
				return conflict("Conflict", "Data sink '%s' is already used in diagnostic setting '%s' for category '%s'. Data sinks "+
					"can't be reused in different settings on the same category for the same resource.", op.in.text("workspaceId"),
					other.in.text("name"), category)
			}
		}
	}
	if count > mostSettings {
		return conflict("Conflict", "The limit of %d diagnostic settings was reached.", mostSettings)
	}
	return nil
}

// sent are the categories that a setting sends, with their groups.
func sent(setting object) []string {
	var all []string
	for _, entry := range append(setting.objects("logs"), setting.objects("metrics")...) {
		if entry.flag("enabled") {
			all = append(all, entry.text("category")+entry.text("categoryGroup"))
		}
	}
	return all
}
