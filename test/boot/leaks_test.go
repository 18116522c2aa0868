package boot_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
)

// programs are what the scripts run. Everybody on a machine can read the arguments of all of them.
const programs = `awk cat chmod chown cp curl dd dirname flock head id jq keytool mkdir mktemp mv od rm sleep tail timeout tr`

// recorded puts in front of each program one that writes down its arguments and environment, and then is the real one.
func recorded(t *testing.T) (setting, record string) {
	t.Helper()
	folder := t.TempDir()
	record = filepath.Join(folder, "record")
	for program := range strings.FieldsSeq(programs) {
		itself, err := exec.LookPath(program)
		require.NoError(t, err)
		text := "#!/bin/bash\nmapfile -d '' -t environment </proc/$$/environ\n" +
			`printf '%s\n' "` + program + `" "$@" "${environment[@]}" >>` + record + "\nexec " + itself + ` "$@"` + "\n"
		require.NoError(t, os.WriteFile(filepath.Join(folder, program), []byte(text), 0o700))
	}
	return "PATH=" + folder + ":" + os.Getenv("PATH"), record
}

// holding lists the files of the machine that contain a text.
func (m machine) holding(t *testing.T, text string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(m.Root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = append(found, strings.TrimPrefix(path, m.Root))
		}
		return err
	})
	require.NoError(t, err)
	return found
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.around.Set(standin.Vault, standin.Forbidden(), value(standin.Secret(standin.Password, "")), standin.Reply{})
	setting, record := recorded(t)
	ended := m.run(t, "boot.sh", append(patient(300), setting)...)
	require.Equal(t, done, ended.code, ended.log)
	seen, err := os.ReadFile(record)
	require.NoError(t, err)
	for _, program := range []string{"awk", "cat", "chown", "cp", "curl", "jq", "keytool", "mv", "tr"} {
		assert.Contains(t, string(seen), "\n"+program+"\n", "the test does not see %s", program)
	}
	for name, secret := range map[string]string{"password": standin.Password, "token": standin.Token} {
		assert.NotContains(t, string(seen), secret, "the %s is among the arguments or in the environment of a program", name)
		assert.NotContains(t, ended.log, secret, "the %s is in the log", name)
	}
	assert.Equal(t, []string{configuration}, m.holding(t, standin.Password))
	assert.Empty(t, m.holding(t, standin.Token))
}

// While a run works with the secrets, nobody else can read them.
func TestTemporaryFilesArePrivate(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.around.Set(standin.Vault, standin.Reply{Hang: true}, standin.Reply{})
	m.kill(t, func() bool { return m.around.Count(standin.Vault) == 1 })
	found := m.holding(t, standin.Token)
	require.Len(t, found, 1)
	folder, err := os.Stat(filepath.Dir(m.Path(found[0])))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), folder.Mode().Perm())
	file, err := os.Stat(m.Path(found[0]))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), file.Mode())
	m.boot(t)
	assert.Empty(t, m.holding(t, standin.Token), "the next run takes it away")
}

// cloud-init's files can be read by everybody who may read the scale set.
func TestNothingSecretIsDeployed(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	assert.Empty(t, m.holding(t, standin.Password))
	assert.Empty(t, m.holding(t, "-----END CERTIFICATE"))
}
