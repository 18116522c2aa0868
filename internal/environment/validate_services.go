package environment

import (
	"fmt"
	"strconv"
)

// checkCertificate keeps a proxy from having two certificates for one name, of which it would serve either.
func checkCertificate(c *checker, env *Environment) {
	const path, other = "frontDoor.certificateSecret", "frontDoor.keyVaultCertificate"
	door := env.FrontDoor
	if c.fine(path, other) && door.CertificateSecret != "" && door.KeyVaultCertificate.Given() {
		c.refuse(path, show(door.CertificateSecret), "either this or "+other+", not both: the front door serves one certificate",
			c.remove(path))
	}
}

func checkServices(c *checker, env *Environment) {
	const path = "jitsi.webReplicas"
	replicas := env.Jitsi.WebReplicas
	if c.fine(path+".minimum", path+".maximum") && replicas.Maximum < replicas.Minimum {
		c.refuse(path+".maximum", strconv.Itoa(replicas.Maximum), fmt.Sprintf("%d (%s.minimum) to 100", replicas.Minimum, path),
			c.set(path+".maximum", strconv.Itoa(replicas.Minimum)))
	}
}
