package environment

// regions are the Azure regions with availability zones, by short name.
// Source: Azure docs, "List of Azure regions". A newer region has to be added here first.
func regions() []string {
	return []string{
		"australiaeast", "austriaeast", "brazilsouth", "canadacentral", "centralindia", "centralus", "chilecentral",
		"eastasia", "eastus", "eastus2", "francecentral", "germanywestcentral", "indonesiacentral", "israelcentral",
		"italynorth", "japaneast", "japanwest", "koreacentral", "malaysiawest", "mexicocentral", "newzealandnorth",
		"northeurope", "norwayeast", "polandcentral", "qatarcentral", "southafricanorth", "southcentralus",
		"southeastasia", "spaincentral", "swedencentral", "switzerlandnorth", "uaenorth", "uksouth", "westeurope",
		"westus2", "westus3",
	}
}

func adviseRegion(value string) (string, string) {
	near := closest(value, regions())
	if len(near) == 0 {
		return "an Azure region with availability zones, in its short name: " + list(regions()), ""
	}
	return "an Azure region with availability zones, in its short name; near to this: " + list(near), near[0]
}
