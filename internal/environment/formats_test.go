package environment

import (
	"crypto/rsa"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"pgregory.net/rapid"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		schedule string
		ok       bool
	}{
		{"0 * * * * *", true},
		{"*/15 0-30/5 1,2,3 1-31 Jan-DEC mon,WED-fri", true},
		{"59 59 23 31 12 6", true},
		{"0 0 0 0 * *", false},   // days start at 1
		{"0 0 0 * 13 *", false},  // months end at 12
		{"0 0 0 * * 7", false},   // Sunday is 0 only
		{"0 0 0 * foo *", false}, // no such month
		{"0 0 0 * mon *", false}, // a day is no month
		{"60 * * * * *", false},
		{"-1 * * * * *", false},
		{"+1 * * * * *", false},
		{"1- * * * * *", false},
		{"5-1 * * * * *", false},
		{"1,, * * * * *", false},
		{"*/ * * * * *", false},
		{"*/60 * * * * *", false},
		{"0  * * * * *", false}, // two spaces
		{" 0 * * * * *", false},
		{"0 * * * * * *", false},
		{"99999999999999999999 * * * * *", false},
		{"", false},
	} {
		if got := isSchedule(test.schedule); got != test.ok {
			t.Errorf("%q: got %v (%s)", test.schedule, got, scheduleFault(test.schedule))
		}
	}
}

// A list of numbers in their ranges is always a schedule.
func TestSchedulesOfNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var parts []string
		for _, field := range cronFields() {
			var numbers []string
			for _, n := range rapid.SliceOfN(rapid.IntRange(field.lowest, field.highest), 1, 3).Draw(r, field.name) {
				numbers = append(numbers, strconv.Itoa(n))
			}
			parts = append(parts, strings.Join(numbers, ","))
		}
		if schedule := strings.Join(parts, " "); !isSchedule(schedule) {
			r.Fatalf("%q: %s", schedule, scheduleFault(schedule))
		}
	})
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKd62siuUFrebu5M5N1/+MK1pp8M70lKvPlK0N4uywwA"
	for _, test := range []struct {
		name, key string
		ok        bool
	}{
		{"Ed25519", ed25519, true},
		{"with a comment", ed25519 + " me@example.org", true},
		{"RSA of 2048 bits", rsaKey(t, 2048), true},
		{"RSA of 4096 bits", rsaKey(t, 4096), true},
		{"RSA of 2047 bits", rsaKey(t, 2047), false},
		{"RSA of 1024 bits", rsaKey(t, 1024), false},
		{"with options", `command="true" ` + ed25519, false},
		{"two keys", ed25519 + "\n" + ed25519, false},
		{"a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", false},
		{"nothing", "", false},
	} {
		if got := isPublicKey(test.key); got != test.ok {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

func rsaKey(t *testing.T, bits uint) string {
	t.Helper()
	modulus := new(big.Int).Lsh(big.NewInt(1), bits-1)
	key, err := ssh.NewPublicKey(&rsa.PublicKey{N: modulus.Add(modulus, big.NewInt(1)), E: 65537})
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(key))
}

func TestDomains(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for domain, ok := range map[string]bool{
		"meet.example.org":                     true,
		"xn--bcher-kva.example":                true,
		"a.b":                                  true,
		"4.example":                            true,
		label + ".org":                         true,
		label + "a.org":                        false,
		strings.Repeat(label+".", 4) + "org":   false,
		"-a.org":                               false,
		"a-.org":                               false,
		"a..org":                               false,
		"*.example.org":                        false,
		"meet_1.example.org":                   false,
		"meet.example.org:443":                 false,
		"meet.example.1":                       false,
		"b\u00fccher.example":                  false,
		"meet.example.org\n":                   false,
		"https://meet.example.org":             false,
		"meet.example.org/" + label:            false,
		strings.Repeat("a.", 126) + "a":        true,
		strings.Repeat("a.", 126) + "aa" + "b": false,
	} {
		if got := isDomain(domain); got != ok {
			t.Errorf("%q: got %v", domain, got)
		}
	}
}

func TestVaultIDs(t *testing.T) {
	t.Parallel()
	const subscription = "/subscriptions/" + exampleGUID
	vault := func(group, name string) string {
		return subscription + "/resourceGroups/" + group + "/providers/Microsoft.KeyVault/vaults/" + name
	}
	for id, want := range map[string]string{ // to what is advised in its place; itself if it is accepted
		exampleVault:                              exampleVault,
		vault("G_(1).x-y", "k2v"):                 vault("G_(1).x-y", "k2v"),
		vault("rg", strings.Repeat("a", 24)):      vault("rg", strings.Repeat("a", 24)),
		strings.ToUpper(vault("1", "1")):          "",
		strings.ToUpper(exampleVault):             vault("RG-VAULTS", "KV-MEET"),
		strings.ToLower(exampleVault):             exampleVault,
		vault("rg", strings.Repeat("a", 25)):      "",
		vault("rg", "kv"):                         "",
		vault("rg", "k--v"):                       "",
		vault("rg", "kv-"):                        "",
		vault("rg", "1kv"):                        "",
		vault("rg.", "kv1"):                       "",
		vault("", "kv1"):                          "",
		vault(strings.Repeat("g", 91), "kv1"):     "",
		exampleVault + "/":                        "",
		exampleVault + "/secrets/meet":            "",
		exampleVault + "\n":                       "",
		"kv-meet":                                 "",
		"https://kv-meet.vault.azure.net/":        "",
		strings.TrimPrefix(exampleVault, "/"):     "",
		strings.Replace(exampleVault, "1", "", 1): "",
	} {
		_, better := adviseVaultID(id)
		if isVaultID(id) != (id == want) || id != want && better != want {
			t.Errorf("%q: accepted %t, advised %q, want %q", id, isVaultID(id), better, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"West Europe":  "westeurope",
		"west-europe":  "westeurope",
		"weseurope":    "westeurope",
		"UKSOUTH":      "uksouth",
		"":             "",
		"x":            "",
		"antarctica":   "",
		"norteurope":   "northeurope",
		"eastus 2":     "eastus2",
		"francecenter": "francecentral",
	} {
		if got := nearest(value, regions()); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

// A free range has the wanted length, lies inside and touches nothing; where the search finds none there is none.
func TestFree(t *testing.T) {
	t.Parallel()
	outer := netip.MustParsePrefix("10.0.0.0/26")
	rapid.Check(t, func(r *rapid.T) {
		var taken []netip.Prefix
		for range rapid.IntRange(0, 4).Draw(r, "taken") {
			length := rapid.IntRange(27, 31).Draw(r, "length")
			p := netip.PrefixFrom(nth(outer, rapid.IntRange(0, 63).Draw(r, "offset")), length).Masked()
			taken = append(taken, p)
		}
		length := rapid.IntRange(27, 31).Draw(r, "wanted")
		found, ok := free(length, []netip.Prefix{outer}, taken)
		if ok && (found.Bits() != length || !inside(found, outer) || overlapsAny(found, taken)) {
			r.Fatalf("%s is not free", found)
		}
		for n := 0; !ok && n < 64; n += 1 << (32 - length) {
			if p := netip.PrefixFrom(nth(outer, n), length); !overlapsAny(p, taken) {
				r.Fatalf("%s was overlooked", p)
			}
		}
	})
}

func TestLarger(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"10.40.0.0/16":   "10.40.0.0/15",
		"10.41.0.0/16":   "10.40.0.0/15",
		"10.0.0.0/8":     "10.0.0.0/8",
		"172.16.0.0/12":  "10.0.0.0/8", // the next larger one is not private
		"192.168.0.0/16": "10.0.0.0/8",
	} {
		p := &plan{space: netip.MustParsePrefix(from)}
		if got := p.larger().String(); got != want {
			t.Errorf("%s: got %s, want %s", from, got, want)
		}
	}
}

func TestUnusedName(t *testing.T) {
	t.Parallel()
	var shards []Shard
	for letter := 'a'; letter <= 'z'; letter++ {
		if got := unusedName(shards); got != string(letter) {
			t.Errorf("got %q, want %q", got, string(letter))
		}
		shards = append(shards, Shard{Name: string(letter)})
	}
	shards = append(shards, Shard{Name: "s1"})
	if got := unusedName(shards); got != "s2" {
		t.Errorf("got %q", got)
	}
}

func TestShow(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"westeurope":             "westeurope",
		"":                       `""`,
		"missing":                `"missing"`,
		"W. Europe":              `"W. Europe"`,
		`{"a":1}`:                `{"a":1}`,
		"[1,\n2]":                `"[1,\n2]"`,
		"\x1b[31m":               `"\x1b[31m"`,
		"\xff":                   "\"\uFFFD\"",
		strings.Repeat("x", 100): strings.Repeat("x", 80) + " (and 20 more characters)",
	} {
		if got := show(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}
