// Package guid makes the GUIDs that Azure wants as names (role assignments, role definitions) out of what they are
// about, so that every deployment asks for the same name and a repeated one is not a second assignment.
package guid

import (
	"strings"

	"github.com/google/uuid"
)

// namespace separates this project's GUIDs from everybody else's. It must never change, since the names of live role
// assignments come from it.
const namespace = "jitsi-meet-azure"

// For returns the version 5 GUID of the given parts, in their order. Case does not matter, because Azure compares
// resource ids without regard to it and does not always give them back in the case they were written in.
func For(parts ...string) string {
	own := uuid.NewSHA1(uuid.NameSpaceURL, []byte(namespace))
	return uuid.NewSHA1(own, []byte(strings.ToLower(strings.Join(parts, "\x00")))).String()
}
