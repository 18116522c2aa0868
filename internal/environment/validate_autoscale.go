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
	checkReserve(c, a)
	checkBusyHours(c, a)
	checkWindow(c, a)
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

// reserveOfOne is the reserve, in percent of a bridge, that one idle bridge surely keeps: it reports a little stress itself.
const reserveOfOne = 90

// checkReserve refuses a reserve that takes the largest number of bridges with nobody on them: then none could be retired, the
// recycle could add none, and no machine would ever be renewed.
func checkReserve(c *checker, a *Autoscale) {
	const path = "autoscale.reservePercent"
	most := reserveOfOne * (a.Maximum - 1)
	if !c.fine(path, "autoscale.maximum") || a.ReservePercent <= most {
		return
	}
	allowed := fmt.Sprintf("at most %d: %d for each bridge but one of autoscale.maximum, %d, which the nightly recycle needs",
		most, reserveOfOne, a.Maximum)
	c.refuse(path, strconv.Itoa(a.ReservePercent), allowed, c.set(path, strconv.Itoa(most)))
}

// checkWindow warns of a recycle that brings two machines: the raised minimum adds one, and once the cooldown of whatever rule fired
// last is over, the rule of the window adds another.
func checkWindow(c *checker, a *Autoscale) {
	const path = "autoscale.recycle.windowMinutes"
	longest := max(a.Cooldown, shortestWindow)
	if c.fine(path, "autoscale.cooldownMinutes") && a.Recycle.Window > longest {
		minutes := strconv.Itoa(int(longest / time.Minute))
		c.warn(path, c.values[path], "at most "+minutes+" is advised with this autoscale.cooldownMinutes: a longer window may bring two "+
			"machines a night instead of one", c.set(path, minutes))
	}
}

// shortestWindow is the least that autoscale.recycle.windowMinutes can be.
const shortestWindow = 5 * time.Minute
