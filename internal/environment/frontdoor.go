package environment

import "path"

// FrontDoor describes HAProxy.
type FrontDoor struct {
	// Replicas is the number of proxies, 2 to 8.
	Replicas int
	// ImageTag is the tag of the HAProxy container image.
	ImageTag string
	// PerAddress bounds what one proxy takes from one address of users.
	PerAddress PerAddress
	// CertificateSecret names the Kubernetes TLS secret, in the front door's namespace, with the certificate of Domain.
	// Where it is empty and KeyVaultCertificate too, the stack makes a certificate itself, which browsers do not trust:
	// for trying out only.
	CertificateSecret string
	// KeyVaultCertificate is the certificate of Domain in a Key Vault. It excludes CertificateSecret.
	KeyVaultCertificate KeyVaultCertificate
}

// PerAddress bounds what one proxy takes from one address, behind which a whole office may sit.
type PerAddress struct {
	// Connections is how many it may have open.
	Connections int
	// RequestsPerSecond is the mean over ten seconds.
	RequestsPerSecond int
}

// KeyVaultCertificate names a certificate in a Key Vault, which belongs to somebody else. The zero value is none.
type KeyVaultCertificate struct {
	// VaultID is the vault's Azure resource id.
	VaultID string
	// Name is the certificate's name in the vault.
	Name string
	// TenantID is the Entra tenant that the vault trusts.
	TenantID string
}

// Given says whether there is such a certificate.
func (k KeyVaultCertificate) Given() bool { return k != KeyVaultCertificate{} }

// VaultName is the vault's name, the last part of its id.
func (k KeyVaultCertificate) VaultName() string { return path.Base(k.VaultID) }
