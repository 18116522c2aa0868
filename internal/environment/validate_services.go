package environment

import (
	"fmt"
	"strconv"
)

func checkServices(c *checker, env *Environment) {
	const path = "jitsi.webReplicas"
	replicas := env.Jitsi.WebReplicas
	if c.fine(path+".minimum", path+".maximum") && replicas.Maximum < replicas.Minimum {
		c.refuse(path+".maximum", strconv.Itoa(replicas.Maximum), fmt.Sprintf("%d (%s.minimum) to 100", replicas.Minimum, path),
			c.set(path+".maximum", strconv.Itoa(replicas.Minimum)))
	}
}
