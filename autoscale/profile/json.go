package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

const (
	// version is the version of the JSON form. A change that an old reader would misunderstand gets a new number.
	version = 1
	// largestText bounds what Parse reads, in bytes; twenty full profiles stay far below.
	largestText = 256 << 10
)

// document is the outermost object of the JSON form.
type document struct {
	Version  int       `json:"version"`
	Profiles []Profile `json:"profiles"`
}

// Marshal writes the JSON form of a set of profiles:
//
//	{"version":1,"profiles":[{"name":"…","minimum":2,"maximum":14,"default":2,
//	  "rules":[{"metric":"Percentage CPU","statistic":"Average","grain":"PT1M","aggregation":"Average","window":"PT5M",
//	    "operator":"GreaterThan","threshold":70,"increase":1,"cooldown":"PT10M"}],
//	  "recurrence":{"timeZone":"UTC","days":["Monday"],"hour":4,"minute":0}}]}
//
// without the white space. The same set always gives the same bytes. A set that breaks Azure's limits is refused.
func Marshal(profiles []Profile) ([]byte, error) {
	if err := Validate(profiles); err != nil {
		return nil, err
	}
	text, err := json.Marshal(document{Version: version, Profiles: profiles})
	if err != nil {
		return nil, fmt.Errorf("writing autoscale profiles: %w", err)
	}
	return text, nil
}

// Parse reads what [Marshal] writes, and nothing else: apart from white space the text must be the very bytes that
// Marshal gives for the result. Unknown, repeated, missing, reordered or oddly spelled keys are errors, because a reader
// that misunderstands the minimum in force would delete bridges.
func Parse(text []byte) ([]Profile, error) {
	if len(text) > largestText {
		return nil, fmt.Errorf("reading autoscale profiles: %d bytes are more than %d", len(text), largestText)
	}
	var read document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("reading autoscale profiles: %w", err)
	}
	if read.Version != version {
		return nil, fmt.Errorf("reading autoscale profiles: version %d is not %d", read.Version, version)
	}
	written, err := Marshal(read.Profiles)
	if err != nil {
		return nil, fmt.Errorf("reading autoscale profiles: %w", err)
	}
	var given bytes.Buffer
	if err := json.Compact(&given, text); err != nil {
		return nil, fmt.Errorf("reading autoscale profiles: %w", err)
	}
	if !bytes.Equal(given.Bytes(), written) {
		return nil, errors.New("reading autoscale profiles: the text is not in the canonical form that Marshal writes")
	}
	return read.Profiles, nil
}
