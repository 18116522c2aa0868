package settings

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// span is what a duration may be. The limits are those of the configuration: a setting that somebody changes by hand, in the
// portal, past what the stack would write must not make the reaper replace machines that it has hardly looked at.
type span struct {
	least, most time.Duration
	off         bool // zero is allowed too, and switches something off
}

func (s span) String() string {
	text := s.least.String() + " to " + s.most.String()
	if s.off {
		text += ", or 0s, which switches it off"
	}
	return text
}

func (r *reader) duration(name string, allowed span) time.Duration {
	text := r.text(name)
	if text == "" {
		return 0
	}
	value, err := time.ParseDuration(text)
	switch {
	case err != nil:
		r.refuse(name, "%q is not a duration such as 55m", text)
	case value == 0 && allowed.off:
	case value < allowed.least || value > allowed.most:
		r.refuse(name, "%q is not %s", text, allowed)
	}
	return value
}

// MaxReserve bounds the warm reserve, in bridges.
const MaxReserve = 100

// decimal is the form of a number of bridges: what the stack writes, and neither an exponent nor a word.
var decimal = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,20})?$`)

// bridges reads a number of bridges, which need not be whole.
func (r *reader) bridges(name string) float64 {
	text := r.text(name)
	if text == "" {
		return 0
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal.MatchString(text) || value > MaxReserve {
		r.refuse(name, "%q is no number of bridges from 0 to %d, such as 1.5; 0 switches it off", text, MaxReserve)
		return 0
	}
	return value
}

func (r *reader) endpoint(name string) string {
	text := r.text(name)
	if text == "" {
		return ""
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" || strings.ContainsAny(text, "?#") || parsed.User != nil {
		// A query would be a shared access signature; the reaper has an identity and wants no key. So it is not told either.
		r.refuse(name, "%q is not a plain https URL", shown(parsed))
	}
	return text
}

// shown is a URL without what may be secret in it.
func shown(parsed *url.URL) string {
	if parsed == nil {
		return "..."
	}
	hidden := parsed.User != nil || parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != ""
	plain := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}
	if hidden {
		return plain.String() + " with more"
	}
	return plain.String()
}

// IsJicofo says whether the text is "http://", an IP address and a port, and nothing more. A name is refused because
// whoever could change what it resolves to would speak for Jicofo, which the reaper takes for a witness.
func IsJicofo(text string) bool {
	rest, plain := strings.CutPrefix(text, "http://")
	address, err := netip.ParseAddrPort(rest)
	return plain && err == nil && address.Port() > 0 && address.Addr().Zone() == "" && address.String() == rest
}
