package schema

import "slices"

const reference = "Azure docs, azure-monitor reference/tables/"

// azures are Azure's own tables, of which only what queries here use is listed.
func azures() []Table { return slices.Concat(ofPrograms(), ofCluster(), ofAutoscale(), ofAzure()) }

// texts are the time and columns of text.
func texts(names ...string) []Column {
	columns := []Column{{timeColumn, Time}}
	for _, name := range names {
		columns = append(columns, Column{name, Text})
	}
	return columns
}

// ofPrograms are what the reaper, the boot scripts and the web tests say.
func ofPrograms() []Table {
	return []Table{
		{
			Name: "FunctionAppLogs", Filled: "the function app's diagnostic setting", Source: reference + "functionapplogs",
			Columns: texts("Message", "Level", "Category", "FunctionName"),
		},
		{
			Name: "Syslog", Filled: "the collection rule of the bridges", Source: reference + "syslog",
			Columns: texts("Computer", "Facility", "SeverityLevel", "ProcessName", "SyslogMessage"),
		},
		{
			Name: "AppAvailabilityResults", Filled: "the web tests", Source: reference + "appavailabilityresults",
			Columns: append(texts("Name", "Location", "Message"), Column{"Success", Flag}, Column{"DurationMs", Decimal}),
		},
	}
}

func ofCluster() []Table {
	const rule = "the collection rule of the cluster"
	return []Table{
		{
			Name: "ContainerLogV2", Filled: rule, Source: reference + "containerlogv2",
			Columns: append(texts("PodNamespace", "PodName", "ContainerName", "Computer"), Column{"LogMessage", Any}),
		},
		{
			Name: "KubePodInventory", Filled: rule, Source: reference + "kubepodinventory",
			Columns: texts("Name", "Namespace", "PodStatus", "ContainerName", "ContainerStatus", "Computer"),
		},
		{
			Name: "KubeEvents", Filled: rule, Source: reference + "kubeevents",
			Columns: texts("Namespace", "Name", "ObjectKind", "Reason", "Message", "KubeEventType"),
		},
		{
			Name: "AKSControlPlane", Filled: "the cluster's diagnostic setting", Source: reference + "akscontrolplane",
			Columns: texts("Category", "Level", "Message", "PodName"),
		},
	}
}

func ofAutoscale() []Table {
	const settings = "the autoscale settings' diagnostic settings"
	return []Table{
		{
			Name: "AutoscaleEvaluationsLog", Filled: settings, Source: reference + "autoscaleevaluationslog",
			Columns: append(texts("Profile", "OperationName", "ResultType", "AutoscaleMetricName", "_ResourceId"),
				Column{"CurrentInstanceCount", Int}, Column{"MaximumInstanceCount", Int}, Column{"ObservedValue", Decimal}),
		},
		{
			Name: "AutoscaleScaleActionsLog", Filled: settings, Source: reference + "autoscalescaleactionslog",
			Columns: append(texts("ScaleDirection", "ScaleActionMessage", "ScaleActionOperationStatus", "ResultType", "_ResourceId"),
				Column{"CurrentInstanceCount", Int}, Column{"NewInstanceCount", Int}),
		},
		{
			Name: "AzureMetrics", Filled: settings, Source: reference + "azuremetrics",
			Columns: append(texts("MetricName", "Resource"), Column{"Minimum", Decimal}, Column{"Maximum", Decimal},
				Column{"Average", Decimal}, Column{"Total", Decimal}),
		},
	}
}

func ofAzure() []Table {
	return []Table{
		{
			Name: "AZKVAuditLogs", Filled: "the vault's diagnostic setting", Source: reference + "azkvauditlogs",
			Columns: append(texts("OperationName", "ResultSignature", "CallerIpAddress"), Column{"HttpStatusCode", Int}),
		},
		{
			Name: "Operation", Filled: "the workspace itself", Source: reference + "operation",
			Columns: texts("OperationCategory", "OperationStatus", "Detail"),
		},
	}
}
