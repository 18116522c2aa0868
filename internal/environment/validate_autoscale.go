package environment

import (
	"fmt"
	"strconv"
	"time"
)

// headRoom is how many addresses of a prefix stay free, for machines that still hold theirs while being deleted.
const headRoom = 2

func checkAutoscale(c *checker, env *Environment) {
	a := &env.Autoscale
	if !c.fine("bridges.prefixLength", "autoscale.minimum", "autoscale.maximum", "autoscale.default") {
		return
	}
	addresses := 1 << (32 - env.Bridges.PrefixLength)
	if a.Maximum == 0 {
		a.Maximum = addresses - headRoom
	}
	if a.Default == 0 {
		a.Default = a.Minimum
	}
	checkPrefixHolds(c, a, addresses)
	checkRoomToRecycle(c, a)
	checkDefault(c, a)
	if a.Cooldown < advisedCooldown {
		c.warn("autoscale.cooldownMinutes", c.values["autoscale.cooldownMinutes"],
			"at least 5 is advised: a new bridge takes minutes to boot and take load, and one peak would add several",
			c.set("autoscale.cooldownMinutes", "5"))
	}
}

const advisedCooldown = 5 * time.Minute

func checkPrefixHolds(c *checker, a *Autoscale, addresses int) {
	const path = "autoscale.maximum"
	if most := addresses - headRoom; a.Maximum > most {
		allowed := fmt.Sprintf("at most %d: the public IP prefix of a shard holds %d addresses, of which %d stay free",
			most, addresses, headRoom)
		c.refuse(path, strconv.Itoa(a.Maximum), allowed, c.set(path, strconv.Itoa(most)))
	}
}

// checkRoomToRecycle demands room for the one more bridge of the nightly recycle.
func checkRoomToRecycle(c *checker, a *Autoscale) {
	const path = "autoscale.minimum"
	if !c.fine("autoscale.maximum") || a.Minimum < a.Maximum {
		return
	}
	fix := c.set(path, strconv.Itoa(a.Maximum-1))
	if a.Maximum < 2 {
		fix = c.set("autoscale.maximum", strconv.Itoa(a.Minimum+1))
	}
	allowed := fmt.Sprintf("less than autoscale.maximum, %d: the nightly recycle adds one bridge", a.Maximum)
	c.refuse(path, strconv.Itoa(a.Minimum), allowed, fix)
}

func checkDefault(c *checker, a *Autoscale) {
	const path = "autoscale.default"
	if !c.fine("autoscale.minimum", "autoscale.maximum") || a.Default >= a.Minimum && a.Default <= a.Maximum {
		return
	}
	allowed := fmt.Sprintf("%d to %d (autoscale.minimum to autoscale.maximum)", a.Minimum, a.Maximum)
	c.refuse(path, strconv.Itoa(a.Default), allowed, c.set(path, strconv.Itoa(min(max(a.Default, a.Minimum), a.Maximum))))
}
