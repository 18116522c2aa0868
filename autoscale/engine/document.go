package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"jitsi-meet-azure/autoscale/profile"
)

const (
	// largestText bounds what Parse reads, in bytes; twenty full profiles stay far below.
	largestText = 1 << 20
	// deepest bounds how deep its values may be nested.
	deepest = 20
)

// document is a setting, as the REST API and the Pulumi provider's inputs agree on it.
type document struct {
	Name             string            `json:"name"`
	Enabled          bool              `json:"enabled"` // false if absent: Azure's default is a setting that does nothing
	Target           string            `json:"targetResourceUri"`
	TargetLocation   string            `json:"targetResourceLocation"`
	Profiles         []profileDocument `json:"profiles"`
	Notifications    json.RawMessage   `json:"notifications"`
	PredictivePolicy json.RawMessage   `json:"predictiveAutoscalePolicy"`
}

// envelope is what the REST API has around a setting.
type envelope struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Location   string          `json:"location"`
	Tags       json.RawMessage `json:"tags"`
	SystemData json.RawMessage `json:"systemData"`
	Properties *document       `json:"properties"`
}

// inputs is what the Pulumi provider has beside a setting.
type inputs struct {
	document

	SettingName   string          `json:"autoscaleSettingName"`
	ResourceGroup string          `json:"resourceGroupName"`
	Location      string          `json:"location"`
	Tags          json.RawMessage `json:"tags"`
}

type profileDocument struct {
	Name     string `json:"name"`
	Capacity struct {
		Minimum string `json:"minimum"`
		Maximum string `json:"maximum"`
		Default string `json:"default"`
	} `json:"capacity"`
	Rules      []ruleDocument      `json:"rules"`
	FixedDate  *fixedDocument      `json:"fixedDate"`
	Recurrence *recurrenceDocument `json:"recurrence"`
}

type fixedDocument struct {
	TimeZone string `json:"timeZone"`
	Start    string `json:"start"`
	End      string `json:"end"`
}

type recurrenceDocument struct {
	Frequency string `json:"frequency"`
	Schedule  struct {
		TimeZone string   `json:"timeZone"`
		Days     []string `json:"days"`
		Hours    []int    `json:"hours"`
		Minutes  []int    `json:"minutes"`
	} `json:"schedule"`
}

type ruleDocument struct {
	MetricTrigger struct {
		MetricName        string            `json:"metricName"`
		MetricNamespace   string            `json:"metricNamespace"`
		MetricResourceURI string            `json:"metricResourceUri"`
		MetricLocation    string            `json:"metricResourceLocation"`
		TimeGrain         string            `json:"timeGrain"`
		Statistic         string            `json:"statistic"`
		TimeWindow        string            `json:"timeWindow"`
		TimeAggregation   string            `json:"timeAggregation"`
		Operator          string            `json:"operator"`
		Threshold         *float64          `json:"threshold"`
		Dimensions        []json.RawMessage `json:"dimensions"`
		DividePerInstance bool              `json:"dividePerInstance"`
	} `json:"metricTrigger"`
	ScaleAction struct {
		Direction string  `json:"direction"`
		Type      string  `json:"type"`
		Value     *string `json:"value"`
		Cooldown  string  `json:"cooldown"`
	} `json:"scaleAction"`
}

// read finds out which form a text has, and reads it.
func read(raw []byte) (document, error) {
	if len(raw) > largestText {
		return document{}, fmt.Errorf("%d bytes are more than %d", len(raw), largestText)
	}
	keys, err := clean(raw)
	if err != nil {
		return document{}, err
	}
	switch {
	case keys["version"]:
		profiles, err := profile.Parse(raw)
		if err != nil {
			return document{}, err
		}
		return fromProfiles(profiles), nil
	case keys["properties"]:
		var outer envelope
		if err := strict(raw, &outer); err != nil {
			return document{}, err
		}
		if outer.Properties == nil {
			return document{}, errors.New("the properties are null")
		}
		return *outer.Properties, nil
	default:
		var given inputs
		err := strict(raw, &given)
		return given.document, err
	}
}

func strict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// clean makes sure that a text is one JSON object, in which no key is twice, in whatever case: the standard decoder would take
// the last. It returns the keys of the outermost object.
func clean(raw []byte) (map[string]bool, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, errors.New("it is no JSON object")
	}
	keys, err := cleanObject(decoder, 1)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return keys, nil
}

// cleanObject reads an object that has been begun, to its end.
func cleanObject(decoder *json.Decoder, depth int) (map[string]bool, error) {
	keys := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // nothing else can be a key
		folded := strings.ToLower(key)
		if keys[folded] {
			return nil, fmt.Errorf("the key %.64q is there twice", key)
		}
		keys[folded] = true
		if err := cleanValue(decoder, depth); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return keys, err
}

// cleanValue reads a value.
func cleanValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	switch {
	case depth >= deepest:
		return errors.New("it is nested too deep")
	case token == json.Delim('{'):
		_, err := cleanObject(decoder, depth+1)
		return err
	case token == json.Delim('['):
		for decoder.More() {
			if err := cleanValue(decoder, depth+1); err != nil {
				return err
			}
		}
		_, err := decoder.Token()
		return err
	default:
		return nil
	}
}

// fromProfiles writes profiles in Azure's form.
func fromProfiles(profiles []profile.Profile) document {
	d := document{Enabled: true}
	for _, p := range profiles {
		written := profileDocument{Name: p.Name, Recurrence: &recurrenceDocument{Frequency: "Week"}}
		written.Capacity.Minimum = strconv.Itoa(p.Minimum)
		written.Capacity.Maximum = strconv.Itoa(p.Maximum)
		written.Capacity.Default = strconv.Itoa(p.Default)
		schedule := &written.Recurrence.Schedule
		schedule.TimeZone, schedule.Hours, schedule.Minutes = p.Recurrence.TimeZone, []int{p.Recurrence.Hour}, []int{p.Recurrence.Minute}
		for _, weekday := range p.Recurrence.Days {
			schedule.Days = append(schedule.Days, weekday.String())
		}
		for _, r := range p.Rules {
			written.Rules = append(written.Rules, fromRule(r))
		}
		d.Profiles = append(d.Profiles, written)
	}
	return d
}

func fromRule(r profile.Rule) ruleDocument {
	var written ruleDocument
	value := strconv.Itoa(r.Increase)
	trigger, action := &written.MetricTrigger, &written.ScaleAction
	trigger.MetricName, trigger.TimeGrain, trigger.Statistic = r.Metric, r.Grain.String(), r.Statistic
	trigger.TimeWindow, trigger.TimeAggregation = r.Window.String(), r.Aggregation
	trigger.Operator, trigger.Threshold = string(r.Operator), &r.Threshold
	action.Direction, action.Type, action.Value, action.Cooldown = "Increase", "ChangeCount", &value, r.Cooldown.String()
	return written
}
