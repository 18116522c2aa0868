package azurenative

import (
	"regexp"
	"slices"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

var (
	workspaceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$`)
	logTableName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*_CL$`)
	columnName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,44}$`)
)

// reservedColumns are Azure's own. Source: Azure docs, create-custom-table.
var reservedColumns = []string{"id", "TenantId", "Type", "UniqueId", "Title"}

// customStream begins the name of a stream that is not one of Azure's own.
const customStream = "Custom-"

func acceptWorkspace(op *operation) error {
	if name := op.in.text("workspaceName"); !workspaceName.MatchString(name) {
		return invalid("InvalidResourceName", "The workspace name '%s' is invalid: letters, digits and hyphens, 4 to 63.", name)
	}
	if days, set := op.in.number("retentionInDays"); set && op.in.text("sku.name") == "PerGB2018" && (days < 30 || days > 730) {
		return invalid("InvalidParameter", "'RetentionInDays' property doesn't match the SKU limits: %d is not from 30 to 730.", days)
	}
	return nil
}

func completeWorkspace(op *operation) error {
	op.set("customerId", guidOf("workspace", op.id))
	return nil
}

// acceptLogTable refuses a custom table that Azure would not make.
// Source: Azure docs, create-custom-table.
func acceptLogTable(op *operation) error {
	name := op.in.text("tableName")
	if !logTableName.MatchString(name) {
		return invalid("InvalidParameter", "The table name '%s' is invalid: the name of a custom table ends with _CL.", name)
	}
	if schema := op.in.text("schema.name"); schema != name {
		return invalid("InvalidParameter", "The schema's name '%s' is not that of the table, '%s'.", schema, name)
	}
	if typeOfColumn(op.in.objects("schema.columns"), "TimeGenerated") != "dateTime" {
		return invalid("InvalidParameter", "The table %s has no column TimeGenerated of type dateTime.", name)
	}
	for _, column := range op.in.objects("schema.columns") {
		title := column.text("name")
		if !columnName.MatchString(title) || slices.Contains(reservedColumns, title) {
			return invalid("InvalidParameter", "The column name '%s' of the table %s is invalid or reserved.", title, name)
		}
		if before := typeOfColumn(op.old.objects("schema.columns"), title); before != "" && before != column.text("type") {
			return invalid("InvalidParameter", "The type of the column %s cannot be changed from %s to %s.", title, before,
				column.text("type"))
		}
	}
	return nil
}

// typeOfColumn is the type of a column, or nothing where there is none.
func typeOfColumn(columns []object, name string) string {
	for _, column := range columns {
		if column.text("name") == name {
			return column.text("type")
		}
	}
	return ""
}

func completeCollectionEndpoint(op *operation) error {
	host := op.in.text("dataCollectionEndpointName") + "-" + guidOf("endpoint", op.id)[:4] + "." + op.out().text("location") + "-1."
	op.set("logsIngestion.endpoint", "https://"+host+"ingest.monitor.azure.com")
	op.set("configurationAccess.endpoint", "https://"+host+"handler.control.monitor.azure.com")
	op.set("metricsIngestion.endpoint", "https://"+host+"metrics.ingest.monitor.azure.com")
	op.set("immutableId", "dce-"+strings.ReplaceAll(guidOf("endpoint", op.id), "-", ""))
	op.set("etag", op.etag())
	return nil
}

func completeCollectionRule(op *operation) error {
	op.set("immutableId", "dcr-"+strings.ReplaceAll(guidOf("rule", op.id), "-", ""))
	op.set("etag", op.etag())
	return nil
}

// acceptCollectionRule refuses a rule whose parts do not fit together, or not to the tables that it fills.
// Source: Azure docs, data-collection-rule-structure.
func acceptCollectionRule(op *operation) error {
	for _, step := range []func() error{op.sourcesFlow, op.flowsArrive} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// sourcesFlow refuses a source of a stream that nobody declares or that flows nowhere.
func (op *operation) sourcesFlow() error {
	var flowing []string
	for _, flow := range op.in.objects("dataFlows") {
		flowing = append(flowing, flow.texts("streams")...)
	}
	for _, kind := range []string{"syslog", "logFiles", "extensions"} {
		for _, source := range op.in.objects("dataSources." + kind) {
			for _, stream := range source.texts("streams") {
				if err := op.declared(stream); err != nil {
					return err
				}
				if !slices.Contains(flowing, stream) {
					return invalid("InvalidPayload", "Stream '%s' of the data source '%s' is in no data flow.", stream, source.text("name"))
				}
			}
		}
	}
	return nil
}

func (op *operation) declared(stream string) error {
	if strings.HasPrefix(stream, customStream) && !op.in.has("streamDeclarations."+stream) {
		return invalid("InvalidPayload", "Stream '%s' is not declared.", stream)
	}
	return nil
}

// flowsArrive refuses a flow to a place that the rule does not name, or into a table that is not there or has other columns.
func (op *operation) flowsArrive() error {
	workspaces := map[string]string{}
	for _, destination := range op.in.objects("destinations.logAnalytics") {
		workspaces[destination.text("name")] = destination.text("workspaceResourceId")
	}
	for _, flow := range op.in.objects("dataFlows") {
		for _, name := range flow.texts("destinations") {
			workspace, named := workspaces[name]
			if !named {
				return invalid("InvalidPayload", "The destination '%s' of a data flow is not among the destinations.", name)
			}
			if err := op.arrives(flow, workspace); err != nil {
				return err
			}
		}
	}
	return nil
}

func (op *operation) arrives(flow object, workspaceID string) error {
	workspace, _, err := op.find(workspaceID)
	if err != nil {
		return err
	}
	if at := workspace.out.text("location"); at != "" && !strings.EqualFold(at, op.in.text("location")) {
		return invalid("InvalidDataCollectionRule", "The rule is in %s and its workspace in %s: they must be in one region.",
			op.in.text("location"), at)
	}
	output, custom := strings.CutPrefix(flow.text("outputStream"), customStream)
	if !custom {
		return nil
	}
	table, there, err := op.find(workspaceID + "/tables/" + output)
	if err != nil {
		return err
	}
	if !there {
		return invalid("InvalidOutputTable", "Table for output stream '%s' is not available for destination '%s'.",
			flow.text("outputStream"), arm.LastSegment(workspaceID))
	}
	return op.columnsFit(flow, table)
}

// columnsFit refuses rows that the table has no place for. Only a flow that changes nothing can be judged.
func (op *operation) columnsFit(flow object, table other) error {
	if kql := flow.text("transformKql"); kql != "" && kql != "source" {
		return nil
	}
	for _, stream := range flow.texts("streams") {
		if err := op.declared(stream); err != nil {
			return err
		}
		for _, column := range op.in.objects("streamDeclarations." + stream + ".columns") {
			has := typeOfColumn(table.in.objects("schema.columns"), column.text("name"))
			if !strings.EqualFold(has, column.text("type")) {
				return invalid("InvalidTransformOutput", "Types of transform output columns do not match the ones defined by the "+
					"output stream: %s [produced:'%s', output:'%s'].", column.text("name"), column.text("type"), has)
			}
		}
	}
	return nil
}

// acceptAssociation refuses an association with nothing, or with an endpoint and a rule at once.
func acceptAssociation(op *operation) error {
	if op.in.has("dataCollectionRuleId") == op.in.has("dataCollectionEndpointId") {
		return invalid("InvalidPayload", "Exactly one of dataCollectionRuleId and dataCollectionEndpointId must be given.")
	}
	return nil
}

// extensions refuses extensions of a scale set that Azure could not tell apart or find.
func (op *operation) extensions() error {
	names, handlers := map[string]bool{}, map[string]bool{}
	for _, extension := range op.in.objects("virtualMachineProfile.extensionProfile.extensions") {
		name, handler := strings.ToLower(extension.text("name")), extension.text("publisher")+"."+extension.text("type")
		if name == "" || extension.text("publisher") == "" || extension.text("type") == "" ||
			extension.text("typeHandlerVersion") == "" {
			return invalid("InvalidParameter", "An extension needs name, publisher, type and typeHandlerVersion: '%s' (%s).", name, handler)
		}
		if names[name] {
			return invalid("InvalidParameter", "The extension name '%s' is there twice.", name)
		}
		if handlers[handler] {
			return invalid("BadRequest", "Multiple VMExtensions per handler not supported for OS type 'Linux'. VMExtension with "+
				"handler '%s' already added or specified in input.", handler)
		}
		names[name], handlers[handler] = true, true
	}
	return nil
}
