package azurenative

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	publicAddressPart = "ipConfigurations"
	// longestCustomData is Azure's limit on the base64 text.
	longestCustomData = 87380
)

var (
	machineSize   = regexp.MustCompile(`^Standard_[A-Z]+\d+(-\d+)?[a-z]*(_[A-Z]+\d*)?(_v\d+)?$`)
	galleryName   = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9_.]{0,78}[a-zA-Z0-9])?$`)
	imageVersion  = regexp.MustCompile(`^\d{1,9}\.\d{1,9}\.\d{1,9}$`)
	versionInside = regexp.MustCompile(`(?i)/versions/[^/]+$`)
)

func acceptGallery(op *operation) error {
	if name := op.in.text("galleryName"); !galleryName.MatchString(name) {
		return invalid("InvalidParameter", "The entity name '%s' is invalid according to its validation rule: letters, digits, "+
			"underscores and full stops, at most 80.", name)
	}
	return nil
}

func acceptGalleryImage(op *operation) error {
	if op.old == nil {
		return nil
	}
	for _, path := range []string{
		"identifier.publisher", "identifier.offer", "identifier.sku", "osType", "osState", "hyperVGeneration", "architecture",
	} {
		if op.old.text(path) != op.in.text(path) {
			return unchangeable("galleryImage.properties." + path)
		}
	}
	return nil
}

func acceptScaleSet(op *operation) error {
	for _, step := range []func() error{
		op.scaleSetModel, op.networkModel, op.extensions, op.imageThere, op.zonesAgree, op.scaleSetUnmoved,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if capacity, set := op.in.number("sku.capacity"); set {
		return op.prefixHolds(capacity)
	}
	return nil
}

// scaleSetModel checks the machine's size and what it boots with.
func (op *operation) scaleSetModel() error {
	const profile = "virtualMachineProfile."
	switch size := op.in.text("sku.name"); {
	case size == "":
		return invalid("InvalidParameter", "Required parameter 'sku.name' is missing (null).")
	case !machineSize.MatchString(size):
		return invalid("InvalidParameter", "The value %s provided for the VM size is not valid.", size)
	}
	for _, path := range []string{"osProfile.computerNamePrefix", "osProfile.adminUsername", "storageProfile.osDisk.createOption"} {
		if op.in.text(profile+path) == "" {
			return invalid("InvalidParameter", "Required parameter '%s' is missing (null).", profile+path)
		}
	}
	if err := customDataFits(op.in.text(profile + "osProfile.customData")); err != nil {
		return err
	}
	linux := op.in.object(profile + "osProfile.linuxConfiguration")
	if linux.flag("disablePasswordAuthentication") && len(linux.objects("ssh.publicKeys")) == 0 {
		return invalid("InvalidParameter", "Authentication using SSH requires at least one public key "+
			"(linuxConfiguration.ssh.publicKeys.keyData).")
	}
	if op.in.text("upgradePolicy.mode") == "" {
		return invalid("InvalidParameter", "Required parameter 'upgradePolicy.mode' is missing (null).")
	}
	return nil
}

func customDataFits(data string) error {
	if data == "" {
		return nil
	}
	if _, err := base64.StdEncoding.DecodeString(data); err != nil || len(data) > longestCustomData {
		return invalid("InvalidParameter", "Custom data in OSProfile must be in Base64 encoding and with a maximum length of "+
			"%d characters.", longestCustomData)
	}
	return nil
}

// networkModel checks the network interfaces.
func (op *operation) networkModel() error {
	interfaces := op.in.objects("virtualMachineProfile.networkProfile.networkInterfaceConfigurations")
	primary := 0
	for _, nic := range interfaces {
		if nic.flag("primary") {
			primary++
		}
		for _, address := range nic.objects(publicAddressPart) {
			if !address.has("subnet.id") {
				return invalid("InvalidParameter", "Required parameter 'subnet.id' of ip configuration %s is missing (null).",
					address.text("name"))
			}
			if op.in.text("orchestrationMode") != "Flexible" && address.has("publicIPAddressConfiguration.sku") {
				return invalid("BadRequest", "Could not find member 'sku' on object of type 'PublicIPAddressConfiguration'. It can "+
					"only be set with OrchestrationMode as Flexible.")
			}
		}
	}
	if len(interfaces) == 0 || primary != 1 && len(interfaces) > 1 {
		return invalid("InvalidParameter", "The network profile of scale set %s must have exactly one primary network "+
			"interface.", arm.LastSegment(op.id))
	}
	return nil
}

// imageThere refuses an image that no machine could boot from.
func (op *operation) imageThere() error {
	reference := op.in.object("virtualMachineProfile.storageProfile.imageReference")
	id := reference.text("id")
	if id == "" {
		if reference.text("publisher") == "" {
			return invalid("InvalidParameter", "Required parameter 'imageReference' is missing (null).")
		}
		return nil
	}
	_, err := op.newestImage()
	return err
}

// newestImage is the version that a machine would boot from now: the one that the model names, else the highest in the
// definition.
func (op *operation) newestImage() (string, error) {
	id := op.in.text("virtualMachineProfile.storageProfile.imageReference.id")
	if id == "" || versionInside.MatchString(id) {
		return arm.LastSegment(id), nil
	}
	versions, err := op.all(imageVersionToken)
	if err != nil {
		return "", err
	}
	newest := ""
	for _, v := range versions {
		if name := arm.LastSegment(v.ID); arm.Within(v.ID, id) && (newest == "" || compareVersions(name, newest) > 0) {
			newest = name
		}
	}
	if newest == "" {
		return "", notFound("GalleryImageNotFound", "The gallery image %s is not available in %s region. Please contact image "+
			"owner to replicate to this region, or change your requested region.", id, op.in.text("location"))
	}
	return newest, nil
}

// compareVersions compares versions of the form x.y.z by their numbers.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.Atoi(as[i])
		y, _ := strconv.Atoi(bs[i])
		if x != y {
			return x - y
		}
	}
	return len(as) - len(bs)
}

// zonesAgree refuses machines whose addresses come out of a prefix in another zone.
func (op *operation) zonesAgree() error {
	prefix, there, err := op.prefix()
	if err != nil || !there {
		return err
	}
	if sameSet(prefix.in.texts("zones"), op.in.texts("zones")) {
		return nil
	}
	return invalid("ComputeResourceZoneConstraintDoesNotMatchPublicIPAddressZoneConstraint", "Compute resource %s has a zone "+
		"constraint %s but the PublicIPPrefix %s used by the compute resource has a different zone constraint %s.",
		op.id, shownZones(op.in), prefix.ID, shownZones(prefix.in))
}

// prefix is the public IP prefix that the machines take their addresses from.
func (op *operation) prefix() (other, bool, error) {
	for _, nic := range op.in.objects("virtualMachineProfile.networkProfile.networkInterfaceConfigurations") {
		for _, address := range nic.objects(publicAddressPart) {
			if id := address.text("publicIPAddressConfiguration.publicIPPrefix.id"); id != "" {
				return op.find(id)
			}
		}
	}
	return other{}, false, nil
}

// prefixHolds refuses more machines than the prefix has addresses.
func (op *operation) prefixHolds(count int) error {
	prefix, there, err := op.prefix()
	if err != nil || !there {
		return err
	}
	length, _ := prefix.in.number("prefixLength")
	if size := 1 << (32 - length); count > size {
		return invalid("PublicIpPrefixOutOfIpAddressesForVMScaleSet", "Public IP Prefix %s does not have enough IP addresses "+
			"for scale set %s: it holds %d, and %d are needed.", prefix.ID, op.id, size, count)
	}
	return nil
}

// scaleSetUnmoved refuses changes of what a scale set keeps for life.
// Source: Azure docs, virtual-machine-scale-sets-upgrade-policy (create-time properties).
func (op *operation) scaleSetUnmoved() error {
	if op.old == nil {
		return nil
	}
	if !sameSet(op.old.texts("zones"), op.in.texts("zones")) {
		return unchangeable("zones")
	}
	fixed := []string{
		"orchestrationMode", "platformFaultDomainCount", "virtualMachineProfile.osProfile.computerNamePrefix",
		"virtualMachineProfile.osProfile.adminUsername", "virtualMachineProfile.priority",
		"virtualMachineProfile.storageProfile.osDisk.diffDiskSettings",
	}
	at := slices.IndexFunc(fixed, func(path string) bool { return fmt.Sprint(op.old.get(path)) != fmt.Sprint(op.in.get(path)) })
	if at < 0 {
		return nil
	}
	return unchangeable(fixed[at])
}
