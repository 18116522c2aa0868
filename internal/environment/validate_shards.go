package environment

import (
	"fmt"
	"slices"
	"strconv"
)

// fewestShards is what survives the loss of a zone.
const fewestShards = 2

func checkShards(c *checker, env *Environment) {
	if !c.fine("shards") {
		return
	}
	if n := len(env.Shards); n < fewestShards {
		next := element("shards", n)
		c.refuse("shards", "a list of "+count(n, "shard"), "at least two shards, in at least two availability zones",
			c.set(join(next, "name"), unusedName(env.Shards)))
		return
	}
	checkShardNames(c, env.Shards)
	checkShardZones(c, env.Shards)
}

func checkShardNames(c *checker, shards []Shard) {
	first := map[string]int{}
	for i, shard := range shards {
		at := join(element("shards", i), "name")
		if !c.fine(at) {
			continue
		}
		if other, taken := first[shard.Name]; taken {
			c.refuse(at, show(shard.Name), fmt.Sprintf("a name that no other shard has (shards[%d] has this one)", other),
				c.set(at, unusedName(shards)))
			continue
		}
		first[shard.Name] = i
	}
}

// unusedName is the first of a, b, c, ... z, s1, s2, ... that no shard has.
func unusedName(shards []Shard) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(shards, func(s Shard) bool { return s.Name == name })
	}
	for letter := 'a'; letter <= 'z'; letter++ {
		if !taken(string(letter)) {
			return string(letter)
		}
	}
	number := 1
	for taken("s" + strconv.Itoa(number)) {
		number++
	}
	return "s" + strconv.Itoa(number)
}

// checkShardZones refuses shards that all lie in one zone: they would fail together.
func checkShardZones(c *checker, shards []Shard) {
	zones := map[int]bool{}
	for i, shard := range shards {
		if !c.fine(join(element("shards", i), "zone")) {
			return
		}
		zones[shard.Zone] = true
	}
	if len(zones) > 1 {
		return
	}
	at := join(element("shards", len(shards)-1), "zone")
	zone := shards[0].Zone
	c.refuse(at, strconv.Itoa(zone), fmt.Sprintf("a zone other than %d for at least one shard: all shards are in this one", zone),
		c.set(at, strconv.Itoa(zone%3+1)))
}
