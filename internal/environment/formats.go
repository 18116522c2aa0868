package environment

import (
	"crypto/rsa"
	"math"
	"net"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"jitsi-meet-azure/internal/vmsize"
	"jitsi-meet-azure/internal/windowszone"
)

// within accepts integers from lowest to highest.
func within(lowest, highest int) func(string) bool {
	return func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && n >= lowest && n <= highest
	}
}

// offOr accepts 0, which switches something off, and integers from lowest to highest.
func offOr(lowest, highest int) func(string) bool {
	inside := within(lowest, highest)
	return func(value string) bool { return value == "0" || inside(value) }
}

// oneOf accepts exactly these values.
func oneOf(values ...string) func(string) bool {
	return func(value string) bool { return slices.Contains(values, value) }
}

// matches accepts what the whole of the pattern matches.
func matches(pattern string) func(string) bool {
	return regexp.MustCompile(`\A(?:` + pattern + `)\z`).MatchString
}

// isDomain accepts a DNS name that can have an address. Source: RFC 1123, section 2.1.
func isDomain(value string) bool {
	parts := strings.Split(value, ".")
	if len(value) > 253 || len(parts) < 2 {
		return false
	}
	label := matches(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`)
	for _, part := range parts {
		if !label(part) {
			return false
		}
	}
	return !matches(`[0-9]+`)(parts[len(parts)-1]) // else an IPv4 address would pass
}

// isServer accepts host:port, where the host is a DNS name or an IPv4 address.
func isServer(value string) bool {
	host, port, err := net.SplitHostPort(value)
	return err == nil && (isDomain(host) || isAddress(host)) && canonical.MatchString(port) && within(1, math.MaxUint16)(port)
}

// isSecretName accepts the name of a Kubernetes object. Left out, it is the empty name.
func isSecretName(value string) bool {
	return value == "" || len(value) <= 253 &&
		matches(`[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*`)(value)
}

func isVMSize(value string) bool {
	_, known := vmsize.Find(value)
	return known
}

func adviseVMSize(fits func(vmsize.Size) bool) func(string) (string, string) {
	return func(value string) (string, string) {
		names := vmsize.Names(fits)
		return "one of " + list(names), nearest(value, names)
	}
}

// smallestRSA is the shortest RSA key that Azure takes, in bits.
// Source: Azure docs, "Detailed steps: create and manage SSH keys for authentication to a Linux VM".
const smallestRSA = 2048

// isPublicKey accepts one line of an authorized_keys file, without options, with a key that Azure takes.
func isPublicKey(value string) bool {
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(value))
	if err != nil || len(options) > 0 || len(rest) > 0 {
		return false
	}
	if key.Type() == ssh.KeyAlgoED25519 {
		return true
	}
	exposed, _ := key.(ssh.CryptoPublicKey)
	if exposed == nil {
		return false
	}
	rsaKey, isRSA := exposed.CryptoPublicKey().(*rsa.PublicKey)
	return isRSA && rsaKey.N.BitLen() >= smallestRSA
}

// isImageName accepts a name that Azure takes in an image definition.
// Source: Azure docs, "Naming rules and restrictions for Azure resources", Microsoft.Compute/galleries/images.
func isImageName(longest int) func(string) bool {
	pattern := matches(`[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?`)
	return func(value string) bool { return len(value) <= longest && pattern(value) }
}

// isImageVersion accepts three numbers that fit into 32 bits.
// Source: Azure docs, "Store and share images in an Azure Compute Gallery".
func isImageVersion(value string) bool {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return false
	}
	return !slices.ContainsFunc(parts, func(part string) bool {
		return !matches(`0|[1-9][0-9]*`)(part) || !within(0, math.MaxInt32)(part)
	})
}

// firstRootless is the first Jitsi release with the container layout that the components expect.
const firstRootless = 11146

func isJitsiTag(value string) bool {
	release, _, _ := strings.Cut(strings.TrimPrefix(value, "stable-"), "-")
	return matches(`stable-[1-9][0-9]*(-[1-9][0-9]*)?`)(value) && within(firstRootless, math.MaxInt32)(release)
}

const guidPattern = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

func isGUID(value string) bool { return matches(guidPattern)(value) }

// vaultPattern is a Key Vault's resource id, in Azure's own spelling: any other case would come back changed.
// Source: Azure docs, "Naming rules and restrictions for Azure resources", Microsoft.KeyVault/vaults and resourceGroups.
const vaultPattern = `/subscriptions/(` + guidPattern + `)/resourceGroups/([A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-])` +
	`/providers/Microsoft\.KeyVault/vaults/([A-Za-z](?:-?[A-Za-z0-9])*)`

const longestVaultName, shortestVaultName = 24, 3

func isVaultID(value string) bool {
	name := path.Base(value)
	return len(name) >= shortestVaultName && len(name) <= longestVaultName && matches(vaultPattern)(value)
}

var vaultInAnyCase = regexp.MustCompile(`(?i)\A` + vaultPattern + `\z`)

// adviseVaultID mends the case of an id, which the portal does not always write as Azure does.
func adviseVaultID(value string) (string, string) {
	better := vaultInAnyCase.ReplaceAllString(value,
		"/subscriptions/$1/resourceGroups/$2/providers/Microsoft.KeyVault/vaults/$3")
	if better == value || !isVaultID(better) {
		return "", ""
	}
	return "", better
}

func isTimeZone(value string) bool {
	_, known := windowszone.IANA(value)
	return known
}

// adviseTimeZone knows that most people think of IANA names first.
func adviseTimeZone(value string) (string, string) {
	if id, ok := windowszone.FromIANA(value); ok {
		return "a Windows time-zone id: the one for " + value + " is " + id, id
	}
	return "", nearest(value, windowszone.IDs())
}
