package environment

import "slices"

// kind is what a setting holds.
type kind int

const (
	text kind = iota
	integer
	boolean
	object // a fixed set of members
	items  // a list whose elements are all like members[0]
	labels // free keys, text values
)

// setting describes one key of the configuration. It is the single place that knows a key: parsing, messages and the
// documentation are all made from it.
type setting struct {
	// name is the key within its parent; empty for the elements of a list.
	name string
	kind kind
	// meaning is one sentence for the documentation.
	meaning string
	// unit of an integer, for example "minutes".
	unit string
	// fallback is the value, as text, of a key that is left out; of a list, its only element.
	fallback string
	// computed describes a default that depends on other settings; the rules fill it in.
	computed string
	// optional says that the key may be left out without a fallback. Of an optional object, either nothing is given or
	// everything that its members require.
	optional bool
	// allowed says what is accepted, for messages and documentation.
	allowed string
	// example is an accepted value, as text.
	example string
	// fix is shell code for the value in a fixing command, where no fixed value can be right for everyone.
	fix string
	// secret says that no message may show the value.
	secret bool
	// valid accepts or refuses a scalar; nil accepts all of the kind.
	valid func(string) bool
	// advise gives better advice than allowed and example for some refused values; nil or "" where it has none.
	advise func(value string) (allowed, better string)
	// members are the keys of an object, or the one kind of element of a list.
	members []setting
}

// required says whether leaving the key out is a problem.
func (s setting) required() bool {
	return s.fallback == "" && s.computed == "" && !s.optional && s.kind != object
}

// holdsSecret says whether the setting, or anything in it, is a secret.
func (s setting) holdsSecret() bool {
	return s.secret || slices.ContainsFunc(s.members, setting.holdsSecret)
}

// suggestion is a value, as text, that is accepted.
func (s setting) suggestion() string {
	if s.fallback != "" {
		return s.fallback
	}
	return s.example
}

// settings is the whole configuration, in the order of the documentation. Messages keep this order too.
func settings() []setting {
	return []setting{
		{
			name: "location", meaning: "The Azure region. It must have three availability zones.",
			allowed: "an Azure region with availability zones, in its short name", example: "westeurope",
			valid: oneOf(regions()...), advise: adviseRegion,
		},
		{
			name: "domain",
			meaning: "The public DNS name of the meeting service. Fixed once deployed: names that are unique in Azure are " +
				"made from it.",
			allowed: "a DNS name of at least two labels, in lower case, without a dot at the end",
			example: "meet.example.org", valid: isDomain,
		},
		{
			name: "phase", fallback: string(PhaseFull), allowed: list([]string{string(PhaseImage), string(PhaseFull)}),
			meaning: "How much is deployed. A new environment starts with `image` (resource group, gallery and image " +
				"definition only), so that the first bridge image can be published; then `full`.",
			example: string(PhaseFull), valid: oneOf(string(PhaseImage), string(PhaseFull)),
		},
		networkSettings(),
		shardSettings(),
		bridgeSettings(),
		autoscaleSettings(),
		clusterSettings(),
		jitsiSettings(),
		frontDoorSettings(),
		turnSettings(),
		reaperSettings(),
		monitoringSettings(),
		{
			name: "tags", kind: labels, optional: true, example: "costCentre: meetings",
			meaning: "Tags that every resource gets, besides the standing ones (environment, component, shard, managed-by).",
			allowed: "an object from tag name to text",
		},
		{
			name: "protect", kind: boolean, fallback: "false", example: "true", allowed: "true or false",
			meaning: "Guards what cannot be made again (addresses, network, cluster, state) and what conferences live on " +
				"(scale sets, Prosody, Jicofo, TURN relays) against deletion, and keeps the public IP prefixes when the stack is " +
				"destroyed.",
		},
	}
}
