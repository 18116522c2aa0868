package cloudinit_test

import (
	"encoding/json"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/vmss/cloudinit"
)

func TestCredentialsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	want := cloudinit.Credentials{Password: `a"b\c$(d)${e}<f>`, CACertificate: certificate(t) + certificate(t)}
	text, err := want.Marshal()
	require.NoError(t, err)
	var read cloudinit.Credentials
	require.NoError(t, json.Unmarshal([]byte(text), &read))
	assert.Equal(t, want, read)
}

func TestCredentialsRefuse(t *testing.T) {
	t.Parallel()
	block := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("x")}))
	}
	good := certificate(t)
	for name, c := range map[string]struct{ password, certificate, want string }{
		"no password":       {"", good, "the password is empty"},
		"control character": {"a\nb", good, "control characters"},
		"no certificate":    {"p", " \n", "the CA certificate is empty"},
		"text":              {"p", "a-certificate", "not in PEM form"},
		"key":               {"p", block("PRIVATE KEY"), `holds a "PRIVATE KEY"`},
		"certificate + key": {"p", good + block("EC PRIVATE KEY"), `holds a "EC PRIVATE KEY"`},
		"text in front":     {"p", "password\n" + good, "not in PEM form"},
		"text behind":       {"p", good + "password", "not in PEM form"},
		"text between":      {"p", "-----BEGIN X-----\npassword\n" + good, "not in PEM form"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := cloudinit.Credentials{Password: c.password, CACertificate: c.certificate}.Marshal()
			assert.ErrorContains(t, err, c.want)
		})
	}
}
