package gallery

import "regexp"

// Status and error code in the provider's report of an Azure answer, in the wordings that it has had:
//
//	Status=404 Code="ResourceNotFound" Message="…"
//	StatusCode=404 -- Original Error: … Code="ResourceNotFound" Message="…"
//	RESPONSE 404: 404 Not Found (new line) ERROR CODE: ResourceNotFound
//
// The first status counts, with or without a code: a later one is part of somebody's message.
//
// Source: pulumi-azure-native, provider/pkg/azure/client_azcore.go; go-autorest, azure.RequestError; azcore, ResponseError.
var (
	terse   = regexp.MustCompile(`\bStatus(?:Code)?=(\d{3})(?:(?: -- Original Error:[^"]{0,200})? Code="(\w+)")?`)
	verbose = regexp.MustCompile(`\bRESPONSE (\d{3}): [^\n]*\nERROR CODE: (\w+)`)
)

// absent says whether the error is Azure's definite answer that what was asked for does not exist. Anything that is not
// understood is not such an answer: the callers must never take a failure to look for an absence.
func absent(err error) bool {
	if err == nil {
		return false
	}
	for _, wording := range []*regexp.Regexp{terse, verbose} {
		if match := wording.FindStringSubmatch(err.Error()); match != nil {
			return match[1] == "404" && meansAbsent(match[2])
		}
	}
	return false
}

// meansAbsent knows Azure's codes for a thing, or what it would lie in, that does not exist. Other answers with status 404
// say something else: an unknown subscription, resource type or API version.
// Source: Azure docs, "Troubleshoot common Azure deployment errors".
func meansAbsent(code string) bool {
	switch code {
	case "ResourceNotFound", "ParentResourceNotFound", "NestedResourceNotFound", "ResourceGroupNotFound", "NotFound":
		return true
	}
	return false
}
