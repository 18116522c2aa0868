package azurenative

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

// Limits of alerts. Source: Azure docs, azure-monitor service-limits; REST API, ActionGroups.
const (
	longestShortName = 12
	mostDimensions   = 6
	worstSeverity    = 0
	mildestSeverity  = 4
)

// durations of rules: of queries, and of metrics.
// Source: Azure docs, alerts-create-log-alert-rule and alerts-metric-overview.
func queryDurations() []string {
	return []string{
		"PT1M", "PT5M", "PT10M", "PT15M", "PT30M", "PT45M", "PT1H", "PT2H", "PT3H", "PT4H", "PT5H", "PT6H", "P1D", "P2D",
	}
}

func metricFrequencies() []string { return []string{"PT1M", "PT5M", "PT15M", "PT30M", "PT1H"} }

func metricWindows() []string { return append(metricFrequencies(), "PT6H", "PT12H", "P1D") }

func acceptComponent(op *operation) error {
	if op.in.text("ingestionMode") == "LogAnalytics" && op.in.text("workspaceResourceId") == "" {
		return invalid("BadRequest", "WorkspaceResourceId is required for ingestion mode LogAnalytics.")
	}
	return nil
}

// acceptActionGroup refuses receivers that Azure could not tell apart or reach.
func acceptActionGroup(op *operation) error {
	short := op.in.text("groupShortName")
	if short == "" || len(short) > longestShortName {
		return invalid("BadRequest", "The group short name '%s' must have 1 to %d characters.", short, longestShortName)
	}
	names := map[string]bool{}
	for _, receiver := range append(op.in.objects("emailReceivers"), op.in.objects("webhookReceivers")...) {
		name := strings.ToLower(receiver.text("name"))
		if name == "" || names[name] {
			return invalid("BadRequest", "Receiver names must be given and unique in the group: '%s'.", name)
		}
		names[name] = true
		if address := receiver.text("emailAddress"); address != "" && !strings.Contains(address, "@") {
			return invalid("BadRequest", "The email address '%s' is not valid.", address)
		}
		if uri := receiver.text("serviceUri"); uri != "" && !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://") {
			return invalid("BadRequest", "The service URI of the webhook receiver '%s' is not valid.", name)
		}
	}
	return nil
}

// timing refuses lengths of time that Azure does not evaluate, and a rule that would look past its window.
func timing(in object, frequencies, windows []string) error {
	every, window := in.text("evaluationFrequency"), in.text("windowSize")
	if !slices.Contains(frequencies, every) {
		return invalid("BadRequest", "The evaluation frequency '%s' is not one of %s.", every, strings.Join(frequencies, ", "))
	}
	if !slices.Contains(windows, window) {
		return invalid("BadRequest", "The window size '%s' is not one of %s.", window, strings.Join(windows, ", "))
	}
	looked, _ := parseDuration(window)
	pause, _ := parseDuration(every)
	if looked < pause {
		return invalid("BadRequest", "The window size %s must not be smaller than the evaluation frequency %s.", window, every)
	}
	return nil
}

func severity(in object) error {
	if n, set := in.number("severity"); !set || n < worstSeverity || n > mildestSeverity {
		return invalid("BadRequest", "The severity must be given, from %d to %d.", worstSeverity, mildestSeverity)
	}
	return nil
}

// acceptQueryRule refuses a rule that Azure would not evaluate.
// Source: Azure docs, alerts-create-log-alert-rule; REST API, ScheduledQueryRules.
func acceptQueryRule(op *operation) error {
	if err := timing(op.in, queryDurations(), queryDurations()); err != nil {
		return err
	}
	if err := severity(op.in); err != nil {
		return err
	}
	if op.in.flag("autoMitigate") && op.in.has("muteActionsDuration") {
		return invalid("BadRequest", "Actions cannot be muted while the alert resolves itself: autoMitigate excludes muteActionsDuration.")
	}
	conditions := op.in.objects("criteria.allOf")
	if len(conditions) != 1 || len(op.in.texts("scopes")) != 1 {
		return invalid("BadRequest", "A rule of kind LogAlert needs exactly one condition and one scope.")
	}
	if kind := arm.TypeOf(op.in.texts("scopes")[0]); !strings.EqualFold(kind, "Microsoft.OperationalInsights/workspaces") {
		return invalid("BadRequest", "The local cloud knows rules over workspaces only, not over '%s'.", kind)
	}
	if err := conditionFits(conditions[0]); err != nil {
		return err
	}
	return op.queryResolves(conditions[0].text("query"))
}

func conditionFits(condition object) error {
	measured := condition.text("metricMeasureColumn") != ""
	switch {
	case strings.TrimSpace(condition.text("query")) == "":
		return invalid("BadRequest", "The query must not be empty.")
	case condition.text("operator") == "" || !condition.has("threshold") || condition.text("timeAggregation") == "":
		return invalid("BadRequest", "A condition needs operator, threshold and time aggregation.")
	case measured == (condition.text("timeAggregation") == "Count"):
		return invalid("BadRequest", "Rows are counted (Count) or a column is measured (metricMeasureColumn), not both and not neither.")
	case !periodsFit(condition.object("failingPeriods")):
		return invalid("BadRequest", "The number of evaluation periods must be from 1 to 6, and no fewer than those that fail.")
	case len(condition.objects("dimensions")) > mostDimensions:
		return invalid("BadRequest", "A condition takes at most %d dimensions.", mostDimensions)
	}
	return nil
}

func periodsFit(failing object) bool {
	periods, _ := failing.number("numberOfEvaluationPeriods")
	bad, _ := failing.number("minFailingPeriodsToAlert")
	return failing == nil || periods >= 1 && periods <= 6 && bad >= 1 && bad <= periods
}

var customTable = regexp.MustCompile(`\b[A-Za-z][A-Za-z0-9_]*_CL\b`)

// queryResolves refuses a query about a table that is not there, unless Azure is told not to look. Azure's own tables are there
// from their first row on, which the local cloud never sees.
func (op *operation) queryResolves(query string) error {
	if op.in.flag("skipQueryValidation") {
		return nil
	}
	for _, name := range customTable.FindAllString(query, -1) {
		there, err := op.exists(op.in.texts("scopes")[0] + "/tables/" + name)
		if err != nil {
			return err
		}
		if !there {
			return invalid("BadRequest", "'where' operator: Failed to resolve table or column expression named '%s'.", name)
		}
	}
	return nil
}

// alertFields are what an alert may ask of the activity log. Source: Azure REST API, ActivityLogAlerts, AlertRuleLeafCondition.
func alertFields() []string {
	return []string{
		"resourceId", "category", "caller", "level", "operationName", "resourceGroup", "resourceProvider", "status", "subStatus",
		"resourceType",
	}
}

func acceptActivityAlert(op *operation) error {
	category := false
	for _, condition := range op.in.objects("condition.allOf") {
		leaves := append(condition.objects("anyOf"), condition)
		if condition.has("anyOf") {
			leaves = condition.objects("anyOf")
		}
		for _, leaf := range leaves {
			field := leaf.text("field")
			known := slices.Contains(alertFields(), field) || strings.HasPrefix(field, "properties.")
			if !known || leaf.has("equals") == leaf.has("containsAny") {
				return invalid("BadRequest", "The condition on the field '%s' is not one that the activity log can be asked.", field)
			}
			category = category || field == "category"
		}
	}
	if !category {
		return invalid("BadRequest", "The condition must name the category.")
	}
	return nil
}

var guidName = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// acceptWorkbook refuses a page that nobody could open.
func acceptWorkbook(op *operation) error {
	if name := op.in.text("resourceName"); !guidName.MatchString(name) {
		return invalid("BadRequest", "The name of a workbook must be a GUID, not '%s'.", name)
	}
	var page struct {
		Version string            `json:"version"`
		Items   []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal([]byte(op.in.text("serializedData")), &page); err != nil {
		return invalid("BadRequest", "The serialized data of the workbook is not JSON: %s.", err)
	}
	if page.Version != "Notebook/1.0" || len(page.Items) == 0 {
		return invalid("BadRequest", "The serialized data of the workbook is no notebook with items.")
	}
	return nil
}

// withinSeconds says whether a number of seconds is one of these.
func withinSeconds(seconds int, allowed ...time.Duration) bool {
	return slices.Contains(allowed, time.Duration(seconds)*time.Second)
}
