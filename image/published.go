package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Published is an image version in the gallery.
type Published struct {
	Version Version
	// Usable is false where publishing has not succeeded and where the version is excluded from the newest.
	Usable bool
}

// ParsePublished reads what `az sig image-version list --output json` prints. Anything unexpected is an error: what is not
// understood must neither be deleted nor be built upon.
func ParsePublished(list []byte) ([]Published, error) {
	var versions []struct {
		Name              *string `json:"name"`
		ProvisioningState *string `json:"provisioningState"`
		PublishingProfile *struct {
			ExcludeFromLatest *bool `json:"excludeFromLatest"`
		} `json:"publishingProfile"`
	}
	if err := json.Unmarshal(list, &versions); err != nil {
		return nil, fmt.Errorf("reading the list of image versions: %w", err)
	}
	if versions == nil {
		return nil, errors.New("reading the list of image versions: there is none")
	}
	published := make([]Published, 0, len(versions))
	for i, v := range versions {
		if v.Name == nil || v.ProvisioningState == nil || v.PublishingProfile == nil {
			return nil, fmt.Errorf("image version %d of the list lacks its name, state or publishing profile", i+1)
		}
		version, err := ParseVersion(*v.Name)
		if err != nil {
			return nil, fmt.Errorf("reading the list of image versions: %w", err)
		}
		excluded := v.PublishingProfile.ExcludeFromLatest != nil && *v.PublishingProfile.ExcludeFromLatest
		published = append(published, Published{Version: version, Usable: *v.ProvisioningState == "Succeeded" && !excluded})
	}
	return published, nil
}

// Retention says which versions stay.
type Retention struct {
	// Keep is how many of the highest usable versions stay; at least 2, so that there is one to go back to.
	Keep int
	// Age is how old a version must be before it goes, at least a day, however many there are.
	Age time.Duration
}

// Prune lists the versions that may be deleted, oldest first: nightly ones that are older than the retention's age and not
// among the highest usable ones. The baseline and versions that were named by hand always stay. Deleting a version does
// nothing to machines that run, and cannot change which version is the newest.
func Prune(baseline Version, published []Published, keep Retention, now time.Time) ([]Version, error) {
	if keep.Keep < 2 || keep.Age < 24*time.Hour {
		return nil, errors.New("at least 2 versions, and all of the last day, have to stay")
	}
	if !slices.ContainsFunc(published, func(p Published) bool { return p.Version == baseline }) {
		return nil, fmt.Errorf("the baseline version %s is not in the list: it may be another gallery's, so nothing is deleted", baseline)
	}
	var old []Version
	for _, version := range superseded(published, keep.Keep) {
		at, isNightly := version.builtAt()
		if isNightly && version != baseline && now.Sub(at) > keep.Age {
			old = append(old, version)
		}
	}
	return old, nil
}

// superseded lists the versions below the given number of the highest usable ones, lowest first. An unusable version above
// them is not: somebody took it back, or it is still being published.
func superseded(published []Published, kept int) []Version {
	highest := slices.Clone(published)
	slices.SortFunc(highest, func(a, b Published) int { return b.Version.Compare(a.Version) })
	var below []Version
	for _, p := range highest {
		if kept == 0 {
			below = append(below, p.Version)
		} else if p.Usable {
			kept--
		}
	}
	slices.Reverse(below)
	return below
}
