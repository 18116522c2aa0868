package coturn

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the algorithm that Prosody and coturn share; as HMAC it is sound
	"encoding/base64"
	"strconv"
	"time"
)

// Credentials are what Prosody's mod_external_services gives a user at a moment, for a service with a secret of which nothing
// else is configured: the username is the second at which they expire, and nothing more. All users who ask in the same second
// get the same.
// Source: Prosody 0.12, mod_external_services, behave_turn_rest_credentials; draft-uberti-behave-turn-rest-00.
func Credentials(secret string, now time.Time, ttl time.Duration) (username, password string) {
	username = strconv.FormatInt(now.Add(ttl).Unix(), 10)
	return username, Password(secret, username)
}

// Password is what belongs to a username.
func Password(secret, username string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
