package azurenative

import (
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

// metricsOf are metrics of the types of resources that alerts are made about here, by type in lower case.
// Source: Azure docs, azure-monitor reference/supported-metrics.
func metricsOf() map[string][]string {
	return map[string][]string{
		"microsoft.compute/virtualmachinescalesets": {
			"Percentage CPU", "Network In Total", "Network Out Total", "Available Memory Bytes", "Disk Read Bytes", "Disk Write Bytes",
			"VmAvailabilityMetric",
		},
		"microsoft.insights/autoscalesettings": {
			"MetricThreshold", "ObservedCapacity", "ObservedMetricValue", "ScaleActionsInitiated",
		},
	}
}

const (
	singleCriteria  = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
	webTestCriteria = "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria"
)

// acceptMetricAlert refuses a rule about a metric that its resource does not have, or that Azure would not evaluate.
// Source: Azure docs, alerts-metric-overview; REST API, MetricAlerts.
func acceptMetricAlert(op *operation) error {
	if err := timing(op.in, metricFrequencies(), metricWindows()); err != nil {
		return err
	}
	if err := severity(op.in); err != nil {
		return err
	}
	switch criteria := op.in.object("criteria"); criteria.text("odataType") {
	case singleCriteria:
		return op.singleResource(criteria)
	case webTestCriteria:
		return op.webTestFails(criteria)
	default:
		return invalid("BadRequest", "The criteria's type '%s' is not known.", criteria.text("odataType"))
	}
}

// onlyKeys refuses what the criteria, which have no type in the SDK, do not know.
func onlyKeys(part object, known ...string) error {
	for _, key := range sortedKeys(part) {
		if !slices.Contains(known, key) {
			return invalid("InvalidRequestContent", "The request content was invalid: could not find member '%s' of the criteria.", key)
		}
	}
	return nil
}

func (op *operation) singleResource(criteria object) error {
	scopes := op.in.texts("scopes")
	if len(scopes) != 1 {
		return invalid("BadRequest", "Criteria about a single resource need exactly one scope, not %d.", len(scopes))
	}
	if err := onlyKeys(criteria, "odataType", "allOf"); err != nil {
		return err
	}
	kind := arm.TypeOf(scopes[0])
	names := map[string]bool{}
	for _, condition := range criteria.objects("allOf") {
		if err := metricFits(condition, kind); err != nil {
			return err
		}
		if names[condition.text("name")] {
			return invalid("BadRequest", "The criteria have two conditions named '%s'.", condition.text("name"))
		}
		names[condition.text("name")] = true
	}
	if len(names) == 0 {
		return invalid("BadRequest", "The criteria have no condition.")
	}
	return nil
}

func metricFits(condition object, kind string) error {
	if err := onlyKeys(condition, "name", "criterionType", "metricNamespace", "metricName", "timeAggregation", "operator", "threshold",
		"dimensions", "skipMetricValidation"); err != nil {
		return err
	}
	metric, namespace := condition.text("metricName"), condition.text("metricNamespace")
	switch {
	case condition.text("criterionType") != "StaticThresholdCriterion" || condition.text("name") == "":
		return invalid("BadRequest", "A condition needs a name and the type StaticThresholdCriterion.")
	case !slices.Contains(metricsOf()[strings.ToLower(kind)], metric):
		return invalid("BadRequest", "Couldn't find a metric named %s. The resource of type %s does not have it.", metric, kind)
	case namespace != "" && !strings.EqualFold(namespace, kind):
		return invalid("BadRequest", "The metric namespace %s is not that of the resource, %s.", namespace, kind)
	case !slices.Contains([]string{"Average", "Count", "Maximum", "Minimum", "Total"}, condition.text("timeAggregation")):
		return invalid("BadRequest", "The time aggregation '%s' is not valid.", condition.text("timeAggregation"))
	case !slices.Contains(comparisons(), condition.text("operator")):
		return invalid("BadRequest", "The operator '%s' is not valid.", condition.text("operator"))
	case !condition.has("threshold"):
		return invalid("BadRequest", "The condition has no threshold.")
	}
	return nil
}

func comparisons() []string {
	return []string{"Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"}
}

// webTestFails refuses criteria whose test and Application Insights are not the rule's two scopes, or that could never be met.
func (op *operation) webTestFails(criteria object) error {
	if err := onlyKeys(criteria, "odataType", "webTestId", "componentId", "failedLocationCount"); err != nil {
		return err
	}
	scopes := op.in.texts("scopes")
	for _, id := range []string{criteria.text("webTestId"), criteria.text("componentId")} {
		if !slices.ContainsFunc(scopes, func(scope string) bool { return arm.Same(scope, id) }) {
			return invalid("BadRequest", "The scopes must be the web test and its Application Insights: %s is not among them.", id)
		}
	}
	test, there, err := op.find(criteria.text("webTestId"))
	if err != nil || !there {
		return err
	}
	places := len(test.in.objects("locations"))
	if failed, _ := criteria.number("failedLocationCount"); failed < 1 || failed > places {
		return invalid("BadRequest", "The failed location count must be from 1 to the test's %d locations.", places)
	}
	return nil
}

// webTestPlaces are from where Azure tests. Source: Azure docs, availability-standard-tests (location population tags).
func webTestPlaces() []string {
	return []string{
		"emea-au-syd-edge", "latam-br-gru-edge", "us-fl-mia-edge", "apac-hk-hkn-azr", "us-va-ash-azr", "emea-ch-zrh-edge",
		"emea-fr-pra-edge", "apac-jp-kaw-edge", "emea-gb-db3-azr", "us-il-ch1-azr", "us-tx-sn1-azr", "apac-sg-sin-azr",
		"emea-se-sto-edge", "emea-nl-ams-azr", "us-ca-sjc-azr", "emea-ru-msa-edge",
	}
}

const hiddenLink = "hidden-link:"

// acceptWebTest refuses a test that belongs to no Application Insights, or that Azure would not run.
// Source: Azure docs, Microsoft.Insights/webtests template reference and availability-standard-tests.
func acceptWebTest(op *operation) error {
	if err := op.belongsToComponent(); err != nil {
		return err
	}
	frequency, _ := op.in.number("frequency")
	limit, limited := op.in.number("timeout")
	switch {
	case !withinSeconds(frequency, 5*time.Minute, 10*time.Minute, 15*time.Minute):
		return invalid("BadRequest", "The frequency of a web test must be 300, 600 or 900 seconds, not %d.", frequency)
	case limited && !withinSeconds(limit, 30*time.Second, time.Minute, 90*time.Second, 2*time.Minute):
		return invalid("BadRequest", "The timeout of a web test must be 30, 60, 90 or 120 seconds, not %d.", limit)
	case op.in.text("kind") != op.in.text("webTestKind"):
		return invalid("BadRequest", "The web test is of kind '%s' and '%s'.", op.in.text("kind"), op.in.text("webTestKind"))
	case len(op.in.objects("locations")) == 0:
		return invalid("BadRequest", "A web test needs at least one location.")
	case !strings.HasPrefix(op.in.text("request.requestUrl"), "http"):
		return invalid("BadRequest", "A standard web test needs a URL to ask for.")
	}
	return certificateChecked(op.in.object("validationRules"))
}

func certificateChecked(rules object) error {
	days, looks := rules.number("sSLCertRemainingLifetimeCheck")
	if looks && (days < 1 || days > 365 || !rules.flag("sSLCheck")) {
		return invalid("BadRequest", "A certificate's remaining lifetime is checked for 1 to 365 days, and only with sSLCheck.")
	}
	return nil
}

func (op *operation) belongsToComponent() error {
	var linked []string
	for _, tag := range sortedKeys(op.in.object("tags")) {
		if id, found := strings.CutPrefix(tag, hiddenLink); found {
			linked = append(linked, id)
		}
	}
	if len(linked) != 1 {
		return invalid("BadRequest", "A single 'hidden-link' tag pointing to an existing AI component is required. Found %d.", len(linked))
	}
	component, there, err := op.find(linked[0])
	if err != nil {
		return err
	}
	if !there || component.Type != componentToken {
		return invalid("BadRequest", "A single 'hidden-link' tag pointing to an existing AI component is required: not '%s'.", linked[0])
	}
	return nil
}
