package azurenative

import (
	"net/netip"
	"strconv"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

func acceptSecurityGroup(op *operation) error {
	taken := map[string]string{}
	for _, rule := range op.in.objects("securityRules") {
		if err := ruleFits(rule); err != nil {
			return err
		}
		if err := unique(taken, rule, rule.text("name")); err != nil {
			return err
		}
	}
	return nil
}

func acceptSecurityRule(op *operation) error {
	if err := ruleFits(op.in); err != nil {
		return err
	}
	group, _, err := op.find(arm.ParentOf(op.id))
	if err != nil {
		return err
	}
	taken := map[string]string{}
	for _, rule := range group.in.objects("securityRules") {
		if err := unique(taken, rule, rule.text("name")); err != nil {
			return err
		}
	}
	rules, err := op.all(op.d.token)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if arm.Within(rule.ID, group.ID) {
			taken[priorityOf(rule.in)] = arm.LastSegment(rule.ID)
		}
	}
	return unique(taken, op.in, arm.LastSegment(op.id))
}

func priorityOf(rule object) string {
	priority, _ := rule.number("priority")
	return rule.text("direction") + " " + strconv.Itoa(priority)
}

// unique refuses two rules of one direction with one priority.
func unique(taken map[string]string, rule object, name string) error {
	key := priorityOf(rule)
	if first, clash := taken[key]; clash {
		return invalid("SecurityRuleConflict", "Security rule %s conflicts with rule %s. Rules cannot have the same Priority "+
			"and Direction (%s).", name, first, key)
	}
	taken[key] = name
	return nil
}

// ruleFits checks what of a rule the schema cannot: its priority, ports and addresses.
func ruleFits(rule object) error {
	name := rule.text("name")
	if name == "" {
		name = rule.text("securityRuleName")
	}
	if priority, set := rule.number("priority"); set && (priority < 100 || priority > 4096) {
		return invalid("SecurityRuleInvalidPriority", "Security rule has invalid Priority. Value provided: %d Allowed range "+
			"100-4096 (rule %s).", priority, name)
	}
	for _, side := range []string{"source", "destination"} {
		if err := sideFits(rule, side, name); err != nil {
			return err
		}
	}
	return nil
}

func sideFits(rule object, side, name string) error {
	ports := rule.texts(side + "PortRanges")
	if one := rule.text(side + "PortRange"); one != "" {
		ports = append(ports, one)
	}
	addresses := rule.texts(side + "AddressPrefixes")
	if one := rule.text(side + "AddressPrefix"); one != "" {
		addresses = append(addresses, one)
	}
	groups := rule.objects(side + "ApplicationSecurityGroups")
	if len(ports) == 0 || len(addresses)+len(groups) == 0 {
		return invalid("SecurityRuleInvalidParameter", "Security rule %s needs a %s port and a %s address.", name, side, side)
	}
	for _, port := range ports {
		if !portRange(port) {
			return invalid("SecurityRuleInvalidPortRange", "Security rule has invalid Port range. Value provided: %s. Value "+
				"should be an integer OR integer range with '-' delimiter. Valid range 0-65535 (rule %s).", port, name)
		}
	}
	for _, address := range addresses {
		if !addressOrTag(address) {
			return invalid("SecurityRuleInvalidAddressPrefix", "Security rule has invalid Address prefix. Value provided: %s "+
				"(rule %s).", address, name)
		}
	}
	return nil
}

func portRange(text string) bool {
	if text == "*" {
		return true
	}
	low, high, isRange := strings.Cut(text, "-")
	if !isRange {
		high = low
	}
	from, errFrom := strconv.ParseUint(low, 10, 16)
	to, errTo := strconv.ParseUint(high, 10, 16)
	return errFrom == nil && errTo == nil && from <= to
}

// addressOrTag accepts "*", addresses, ranges and service tags such as VirtualNetwork or AzureCloud.westeurope.
func addressOrTag(text string) bool {
	if text == "*" {
		return true
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix == prefix.Masked()
	}
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	return text != "" && !strings.ContainsAny(text, "/ :") && (text[0] >= 'A' && text[0] <= 'Z')
}
