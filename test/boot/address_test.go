package boot_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

const (
	// other is another address of the prefix, and outside one that is not in it.
	other   = "198.51.100.9"
	outside = "203.0.113.7"
)

// knows says who knows which public address; an empty one is not known.
func knows(loadBalancer, instance, stun string) func(*standin.Facts) {
	return func(f *standin.Facts) {
		f.Frontends = nil
		if loadBalancer != "" {
			f.Frontends = []standin.Frontend{{Public: loadBalancer, Private: f.PrivateAddress}}
		}
		f.InstanceAddress, f.MappedAddress = instance, stun
	}
}

// ok is an answer with some body.
func ok(body string) standin.Reply { return standin.Reply{Status: http.StatusOK, Body: body} }

// nobody asks no STUN server: one that is silent takes two seconds.
func nobody(c *cloudinit.Config) { c.STUNServers = nil }

func TestAddressIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts func(*standin.Facts)
		want  string
		says  string
	}{
		"by STUN":                                {knows("", "", standin.Public), standin.Public, "(by_stun)"},
		"load balancer before instance and STUN": {others, standin.Public, "(by_load_balancer)"},
		"instance before STUN":                   {knows("", standin.Public, other), standin.Public, "(by_instance)"},
		"before answers outside the prefix":      {knows(outside, "2001:db8::5", standin.Public), standin.Public, "(by_stun), although:"},
		"the last of the prefix, after the next": {knows("198.51.100.16", "198.51.100.15", ""), "198.51.100.15", "198.51.100.16, which is outside"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			m.around.Change(c.facts)
			ended := m.boot(t)
			assert.Equal(t, c.want, m.public(t), ended.log)
			assert.Contains(t, ended.log, c.says)
		})
	}
}

// others are facts of a machine in whose metadata others come first, and of which everybody says something else.
func others(f *standin.Facts) {
	f.InstanceAddress, f.MappedAddress = other, other
	f.Frontends = []standin.Frontend{
		{Public: other, Private: "10.20.16.5"}, {Public: "2001:db8::5", Private: "fd00::4"}, {Public: standin.Public, Private: standin.Private},
	}
}

// frontend is the load balancer's metadata with something in the place of the address.
func frontend(address string) standin.Reply {
	return ok(fmt.Sprintf(`{"loadbalancer":{"publicIpAddresses":[{"frontendIpAddress":%s,"privateIpAddress":"10.20.16.4"}]}}`, address))
}

// Every wrong answer is looked over and asked for again. The number of questions proves that none was taken.
func TestWrongAnswersAreNoAddress(t *testing.T) {
	t.Parallel()
	wrong := []standin.Reply{
		standin.Broken(), standin.Throttled(), ok(""), ok(`{"loadbalancer":`), ok(`[1]`), ok(`<html>`),
		ok(`{"loadbalancer":{"publicIpAddresses":{"a":1}}}`),
		ok(strings.Repeat(" ", 1<<21) + `{}`),
		standin.NoLoadBalancer(),
		{Status: http.StatusFound, Header: http.Header{"Location": {"/metadata/instance?api-version=2021-02-01"}}},
		frontend(`3325256709`), frontend(`""`), frontend(`["198.51.100.5"]`),
		frontend(`"198.51.100.5\n203.0.113.7"`), frontend(`"$(reboot)"`), frontend(`" 198.51.100.5"`),
		frontend(`"198.51.0144.05"`), frontend(`"198.51.100.256"`), frontend(`"198.51.100"`),
		frontend(`"99999999999999999999.1.1.1"`), frontend(`"::ffff:198.51.100.5"`), frontend(`"10.20.16.4"`),
	}
	m := newMachine(t, nobody)
	m.around.Set(standin.LoadBalancer, append(wrong, standin.Reply{})...)
	ended := m.boot(t)
	assert.Equal(t, standin.Public, m.public(t))
	assert.Equal(t, len(wrong)+1, m.around.Count(standin.LoadBalancer), ended.log)
	for _, said := range []string{"answers 500", "answers 429", "answers 404", "answers 302", "no address for 10.20.16.4", "10.20.16.4, which is outside"} {
		assert.Contains(t, ended.log, said)
	}
}

// An address that is not the shard's, or none at all, must not end in a bridge that tells clients something wrong.
func TestNoAddressNoBridge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts  func(*standin.Facts)
		causes []string
	}{
		"nobody knows one": {knows("", "", ""), []string{
			"the public address", "answers 404", "the instance metadata have no public address", "no STUN server tells an address",
		}},
		"all are outside the prefix": {knows(outside, outside, outside), []string{
			"by_load_balancer says 203.0.113.7, which is outside 198.51.100.0/28", "by_instance says", "by_stun says",
		}},
		"all are nonsense": {knows("none", "<html>", "2001:db8::5"), []string{"by_load_balancer says none", "by_instance says", "no STUN server"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			m.around.Change(c.facts)
			m.refuse(t, tryAgain, c.causes...)
			assert.Zero(t, m.around.Count(standin.Vault), "the secret was fetched for nothing")
		})
	}
}

// What the machine is called and where it is are in the configuration too.
func TestWrongAnswersAreNoIdentity(t *testing.T) {
	t.Parallel()
	machine := func(id, private string) standin.Reply {
		return ok(fmt.Sprintf(`{"compute":{"vmId":%s},"network":{"interface":[{"ipv4":{"ipAddress":[{"privateIpAddress":%s}]}}]}}`, id, private))
	}
	const id, private = `"` + standin.VMID + `"`, `"` + standin.Private + `"`
	wrong := []standin.Reply{
		standin.Broken(), ok("<html>"), ok(""), ok("{}"), ok(`{"network":[]}`),
		machine(`""`, private), machine(`null`, private), machine(`"\"}; include \"/etc/shadow\""`, private),
		machine(`"`+standin.VMID+`\nX=1"`, private), machine(`"`+standin.VMID+`$(reboot)"`, private),
		machine(id, `""`), machine(id, `"10.0.0.4$(reboot)"`), machine(id, `"fd00::4"`), machine(id, `7`), machine(id, `"10.0.0.4\nA=b"`),
	}
	m := newMachine(t, nil)
	m.around.Set(standin.Instance, append(wrong, standin.Reply{})...)
	ended := m.boot(t)
	assert.Equal(t, len(wrong)+1, m.around.Count(standin.Instance), ended.log)
	for _, said := range []string{"who this machine is: not yet", "answers 500", "have no vmId", "have no private address"} {
		assert.Contains(t, ended.log, said)
	}
	assert.Equal(t, "PRIVATE_ADDRESS=10.20.16.4", strings.Split(m.read(t, machineFile), "\n")[0])
}

// A service that does not answer must not keep the others from being asked.
func TestAddressWhileAServiceHangs(t *testing.T) {
	t.Parallel()
	m := newMachine(t, func(c *cloudinit.Config) { c.STUNServers = []string{"127.0.0.1:9", c.STUNServers[0]} })
	m.around.Change(knows("", "", standin.Public))
	m.around.Set(standin.LoadBalancer, standin.Reply{Hang: true})
	ended := m.boot(t)
	assert.Equal(t, standin.Public, m.public(t))
	assert.Contains(t, ended.log, "timed out")
	assert.Equal(t, 1, m.around.Count(standin.STUN), "the second STUN server is asked once")
}

func TestQuestionsAndTheirOrder(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	ended := m.boot(t)
	for _, step := range []string{"identity", "address", "token", "trust store", "secret", "configuration"} {
		assert.Regexp(t, "(?m)^jitsi-bridge: step "+step+": [0-9]+ ms$", ended.log, "the boot's benchmark reads this")
	}
	assert.Equal(t, []standin.Place{standin.Instance, standin.LoadBalancer, standin.Identity, standin.Vault}, m.around.Order())
	assert.Len(t, m.around.Requests(), 4)
	for _, request := range m.around.Requests() {
		if request.Place == standin.Vault {
			assert.Empty(t, request.Header.Get("Metadata"))
			continue
		}
		assert.Equal(t, "true", request.Header.Get("Metadata"), request.Path)
		assert.Empty(t, request.Header.Get("Authorization"), request.Path)
	}
}
