package image_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// planted are defects, each by what verify.sh must say about it, and nothing else.
var planted = map[string]func(*machine){
	"jitsi-videobridge2 is 'hold ok installed 2.3-306-g0000000-1', not version " + packageVersion: func(m *machine) {
		m.replace("var/lib/dpkg/status", packageVersion, "2.3-306-g0000000-1")
	},
	"openjdk-17-jre-headless is not held": func(m *machine) {
		m.replace("var/lib/dpkg/status", "Package: openjdk-17-jre-headless\nStatus: hold", "Package: openjdk-17-jre-headless\nStatus: install")
	},
	"jitsi-videobridge2 is not held": func(m *machine) {
		m.replace("var/lib/dpkg/status", "Package: jitsi-videobridge2\nStatus: hold", "Package: jitsi-videobridge2\nStatus: install")
	},
	"needrestart is installed: it restarts services": func(m *machine) {
		m.replace("var/lib/dpkg/status", "Package: curl\n", "Package: needrestart\n")
	},
	"unattended-upgrades is installed: it restarts services": func(m *machine) {
		m.replace("var/lib/dpkg/status", "Package: curl\n", "Package: unattended-upgrades\n")
	},
	"the repository's key is missing": func(m *machine) { m.remove("usr/share/keyrings/jitsi-keyring.gpg") },
	"the repository is not tied to its key": func(m *machine) {
		m.write("etc/apt/sources.list.d/jitsi.list", "deb [trusted=yes] https://download.jitsi.org stable/\n")
	},
	"policy-rc.d is left: no service would start": func(m *machine) { m.write("usr/sbin/policy-rc.d", "exit 101\n") },
	"there is no jq":                                         func(m *machine) { m.remove("usr/bin/jq") },
	"there is no nft":                                        func(m *machine) { m.remove("usr/bin/nft") },
	"there is no keytool":                                    func(m *machine) { m.write("usr/bin/keytool", ""); m.chmod("usr/bin/keytool") },
	"there is no systemd-socket-proxyd":                      func(m *machine) { m.remove("usr/bin/systemd-socket-proxyd") },
	"Java is not version 17":                                 func(m *machine) { m.replace("usr/bin/java", "17.0.12", "21.0.4") },
	"there is no user jvb in the group jitsi":                func(m *machine) { m.replace("etc/passwd", "jvb:x:997:998", "jvb:x:997:100") },
	"/etc/sysctl.d/90-bridge.conf is not what was installed": func(m *machine) { m.remove("etc/sysctl.d/90-bridge.conf") },
	"/etc/sysctl.d/99-other.conf overrides net.core.rmem_max": func(m *machine) {
		m.write("etc/sysctl.d/99-other.conf", " net.core.rmem_max=212992\n")
	},
	"/usr/lib/sysctl.d/99-z.conf overrides net.core.netdev_max_backlog": func(m *machine) {
		m.write("usr/lib/sysctl.d/99-z.conf", "net/core/netdev_max_backlog = 1000\n")
	},
	"/etc/systemd/system/jitsi-videobridge2.service.d/limits.conf is not what was installed": func(m *machine) {
		m.replace("etc/systemd/system/jitsi-videobridge2.service.d/limits.conf", "LimitNOFILE=65000", "LimitNOFILE=1024")
	},
	"/etc/apt/apt.conf.d/99-bridge is not what was installed": func(m *machine) { m.remove("etc/apt/apt.conf.d/99-bridge") },
	"/etc/jitsi/videobridge/jvb.conf is not what was installed": func(m *machine) {
		m.write("etc/jitsi/videobridge/jvb.conf", "videobridge { health {} }\n")
	},
	"the videobridge would start by itself": func(m *machine) {
		m.write("etc/systemd/system/multi-user.target.wants/jitsi-videobridge2.service", "")
	},
	"the videobridge would start by itself, from rc.d": func(m *machine) { m.write("etc/rc2.d/S01jitsi-videobridge2", "") },
	"apt-daily-upgrade.timer is not masked":            func(m *machine) { m.remove("etc/systemd/system/apt-daily-upgrade.timer") },
	"cloud-init is disabled":                           func(m *machine) { m.write("etc/cloud/cloud-init.disabled", "") },
	"SSH host keys: /etc/ssh/ssh_host_rsa_key":         func(m *machine) { m.write("etc/ssh/ssh_host_rsa_key", "") },
	"private keys: /etc/ssl/private/own.key": func(m *machine) {
		m.write("etc/ssl/private/own.key", "-----BEGIN RSA PRIVATE KEY-----\n")
	},
	"private keys: /var/lib/waagent/TransportPrivate.pem": func(m *machine) {
		m.write("var/lib/waagent/TransportPrivate.pem", "-----BEGIN PRIVATE KEY-----\n")
	},
	"key stores: /etc/jitsi/videobridge/trust.p12": func(m *machine) { m.write("etc/jitsi/videobridge/trust.p12", "x") },
	"a password of the videobridge: /etc/jitsi/videobridge/config": func(m *machine) {
		m.write("etc/jitsi/videobridge/config", "JVB_SECRET=x\n")
	},
	"a password of the videobridge: /etc/jitsi/videobridge/sip-communicator.properties": func(m *machine) {
		m.write("etc/jitsi/videobridge/sip-communicator.properties", "org.jitsi.videobridge.xmpp.user.shard.PASSWORD=x\n")
	},
	"a server of somebody else's: /etc/jitsi/videobridge/stun.conf": func(m *machine) {
		m.write("etc/jitsi/videobridge/stun.conf", "addresses = [ \"meet-jit-si-turnrelay.jitsi.net:443\" ]\n")
	},
	"debconf knows the videobridge's password: /var/cache/debconf/config.dat-old": func(m *machine) {
		m.write("var/cache/debconf/config.dat-old", "Name: jitsi-videobridge/jvbsecret\nTemplate: x\nValue: made-up\n")
	},
	"somebody may log in as root":                      func(m *machine) { m.write("root/.ssh/authorized_keys", "ssh-ed25519 AAAA\n") },
	"/etc/machine-id is not an empty file":             func(m *machine) { m.write("etc/machine-id", "uninitialized\n") },
	"/var/lib/dbus/machine-id is left":                 func(m *machine) { m.write("var/lib/dbus/machine-id", "0123\n") },
	"cloud-init knows the build machine":               func(m *machine) { m.write("var/lib/cloud/instances/i/boot-finished", "") },
	"the random seed is left: machines would share it": func(m *machine) { m.write("var/lib/systemd/random-seed", "x") },
	"logs: /var/log/jitsi/jvb.log":                     func(m *machine) { m.write("var/log/jitsi/jvb.log", "x") },
	"apt's lists are left":                             func(m *machine) { m.write("var/lib/apt/lists/ubuntu", "x") },
}

func (m *machine) chmod(path string) {
	m.t.Helper()
	require.NoError(m.t, os.Chmod(filepath.Join(m.root, path), 0o600))
}

func TestVerifyFindsEveryDefect(t *testing.T) {
	t.Parallel()
	sound := built(t)
	for want, plant := range planted {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			m := sound.copied(t)
			plant(m)
			out, err := m.run("verify.sh")
			require.Error(t, err)
			assert.Equal(t, "image: DEFECT: "+want+"\nimage: FAILED: 1 defects\n", out)
		})
	}
}

// Whatever is missing counts as wrong: an empty folder is no machine.
func TestVerifyOfNothing(t *testing.T) {
	t.Parallel()
	m := ubuntu(t)
	m.env["ROOT"] = t.TempDir()
	out, err := m.run("verify.sh")
	require.Error(t, err)
	for _, want := range []string{
		"jitsi-videobridge2 is '', not version", "there is no java", "Java is not version 17", "there is no group jitsi",
		"there is no user jvb", "apt-daily.timer is not masked", "/etc/machine-id is not an empty file",
	} {
		assert.Contains(t, out, "image: DEFECT: "+want)
	}
}

// What the running machine writes while it is checked is no defect.
func TestVerifyAllowsWhatIsStillWritten(t *testing.T) {
	t.Parallel()
	m := built(t)
	for _, path := range []string{"var/log/waagent.log", "var/log/btmp", "var/log/journal/1/system.journal", "var/log/azure/x.log"} {
		m.write(path, "x")
	}
	out, err := m.run("verify.sh")
	assert.NoError(t, err, out)
}
