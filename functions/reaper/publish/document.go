package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/strictjson"
)

// document is one metric at one moment, in the form that Azure takes. It has no dimensions, whose fields may be left out.
// Source: azure-rest-api-specs, Microsoft.Insights, metricsCreate_API.json.
type document struct {
	Time string `json:"time"`
	Data data   `json:"data"`
}

type data struct {
	BaseData baseData `json:"baseData"`
}

type baseData struct {
	Metric    string   `json:"metric"`
	Namespace string   `json:"namespace"`
	Series    []series `json:"series"`
}

// series sums up the values of one moment.
type series struct {
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	Sum   float64 `json:"sum"`
	Count int     `json:"count"`
}

func (d document) name() string { return d.Data.BaseData.Metric }

func (d document) encode() ([]byte, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", d.name(), err)
	}
	return body, nil
}

// metrics are both metrics of a shard whose bridges have these stresses.
func metrics(at time.Time, stress []float64) ([]document, error) {
	if len(stress) == 0 {
		return nil, errors.New("no bridge's stress is known, so there is nothing to publish")
	}
	sum := 0.0
	for _, one := range stress {
		sum += one
	}
	spare := gauge.SpareOf(stress)
	for _, number := range []float64{sum, spare} { // one that is no number shows in a sum
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return nil, fmt.Errorf("stress %v is not made of numbers", stress)
		}
	}
	return []document{
		of(at, gauge.Stress, series{Min: slices.Min(stress), Max: slices.Max(stress), Sum: sum, Count: len(stress)}),
		of(at, gauge.Spare, series{Min: spare, Max: spare, Sum: spare, Count: 1}),
	}, nil
}

func of(at time.Time, metric string, values series) document {
	return document{
		Time: at.UTC().Format(time.RFC3339),
		Data: data{BaseData: baseData{Metric: metric, Namespace: gauge.Namespace, Series: []series{values}}},
	}
}

// metricsPath is where metrics of a scale set are posted to.
func metricsPath(scaleSetID string) (string, error) {
	parsed, err := arm.ParseResourceID(scaleSetID)
	if err != nil {
		return "", fmt.Errorf("scale set: %w", err)
	}
	if !strings.EqualFold(parsed.ResourceType.String(), "Microsoft.Compute/virtualMachineScaleSets") {
		return "", fmt.Errorf("scale set: %q is not the id of one", scaleSetID)
	}
	id := url.URL{Path: scaleSetID}
	return id.EscapedPath() + "/metrics", nil
}

// accepted reads an answer that calls itself a success. It is empty, or an object that may still tell of a failure.
// Source: azure-rest-api-specs, Microsoft.Insights, metricsCreate_API.json.
func accepted(answer []byte) error {
	if len(answer) == 0 {
		return nil
	}
	result, err := strictjson.Object(answer)
	if err != nil {
		return fmt.Errorf("an answer that cannot be relied on: %w", err)
	}
	failure, told := result["apiFailureResponse"]
	if told && !strictjson.IsNull(failure) {
		return fmt.Errorf("refused: %.200s", failure)
	}
	return nil
}
