package discover

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
)

const (
	// setType and machineType are the types of a scale set and of one of its machines.
	setType     = "Microsoft.Compute/virtualMachineScaleSets"
	machineType = setType + "/virtualMachines"
	// maxInstance bounds an instance id, in bytes.
	maxInstance = 80
)

// scaleSet is the parsed id of a scale set.
type scaleSet struct{ subscription, group, name string }

// parseScaleSet reads a resource id, which Azure writes in any case.
func parseScaleSet(id string) (scaleSet, error) {
	parsed, err := arm.ParseResourceID(id)
	if err != nil {
		return scaleSet{}, fmt.Errorf("scale set: %w", err)
	}
	set := scaleSet{subscription: parsed.SubscriptionID, group: parsed.ResourceGroupName, name: parsed.Name}
	if !strings.EqualFold(parsed.ResourceType.String(), setType) || set.subscription == "" || set.group == "" || set.name == "" {
		return scaleSet{}, fmt.Errorf("scale set: %q is not the id of one", id)
	}
	return set, nil
}

// machine is the path of one of the set's machines.
func (s scaleSet) machine(instance string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s/virtualMachines/%s",
		url.PathEscape(s.subscription), url.PathEscape(s.group), setType, url.PathEscape(s.name), url.PathEscape(instance))
}

// instance is the instance id of the set's machine that has a resource id, and false if it is none of the set's.
func (s scaleSet) instance(id string) (string, bool) {
	parsed, err := arm.ParseResourceID(id)
	if err != nil || !strings.EqualFold(parsed.ResourceType.String(), machineType) || parsed.Parent == nil {
		return "", false
	}
	mine := strings.EqualFold(parsed.SubscriptionID, s.subscription) && strings.EqualFold(parsed.ResourceGroupName, s.group) &&
		strings.EqualFold(parsed.Parent.Name, s.name)
	return parsed.Name, mine && checkInstance(parsed.Name) == nil
}

// checkInstance refuses everything that does not name exactly one machine. The call that deletes machines takes "*", and a
// list without an element, for all of them.
// Source: Azure, Virtual Machine Scale Sets - Delete Instances.
func checkInstance(instance string) error {
	if instance == "" || len(instance) > maxInstance {
		return errors.New("an instance id of no or too many characters")
	}
	if strings.ContainsFunc(instance, strange) {
		return fmt.Errorf("%q is not the id of one instance", instance)
	}
	return nil
}

// strange says that a character has no place in an instance id. Those of a Uniform set are numbers; letters and dashes do no
// harm.
func strange(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
}

// guid is a GUID in lower case, and false if the text is none in its usual form.
func guid(text string) (string, bool) {
	if len(text) != 36 {
		return "", false
	}
	text = strings.ToLower(text)
	for i, r := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdef", r) {
			return "", false
		}
	}
	return text, true
}
