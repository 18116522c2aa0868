package environment

import (
	"fmt"
	"strings"

	"jitsi-meet-azure/internal/naming"
)

// checkNames expands every name that Azure and Kubernetes will see. Only the stack's name can make them too long or give
// them a wrong character: the others are limited on their own.
func checkNames(c *checker, env *Environment) {
	var shards []naming.Shard
	for i, shard := range env.Shards {
		if at := element("shards", i); c.fine(join(at, "name"), join(at, "zone")) {
			shards = append(shards, naming.Shard{Name: shard.Name, Zone: shard.Zone})
		}
	}
	wrong := naming.Check(naming.For(env.Name, env.Domain, env.Location), shards)
	if len(wrong) == 0 {
		return
	}
	others := ""
	if len(wrong) > 1 {
		others = fmt.Sprintf(" (and %s more would be refused)", count(len(wrong)-1, "name"))
	}
	worst := wrong[0]
	c.refuse("stack", show(env.Name),
		fmt.Sprintf("a name that makes good names: Azure would refuse the %s %s, it takes %s%s",
			worst.Kind, show(worst.Name), worst.Allowed, others),
		"pulumi stack rename --stack "+quote(c.stack)+" "+shorter(env.Name))
}

// shorter makes a stack name that every limit accepts out of the letters and digits of another.
func shorter(name string) string {
	const longest = 7
	var kept strings.Builder
	for _, r := range strings.ToLower(name) {
		isLetter := r >= 'a' && r <= 'z'
		isDigit := r >= '0' && r <= '9' && kept.Len() > 0
		if (isLetter || isDigit) && kept.Len() < longest {
			kept.WriteRune(r)
		}
	}
	if kept.Len() == 0 {
		return "dev"
	}
	return kept.String()
}
