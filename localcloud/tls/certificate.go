package tls

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // key ids of certificates are SHA-1, RFC 5280 4.2.1.2
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"time"

	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/stateless"
)

const serialBits = 128

// mostHours is a period that time.Duration can still hold.
const mostHours = 24 * 366 * 250

func subject(in stateless.Values) pkix.Name {
	s := in.Object("subject")
	name := pkix.Name{
		CommonName: s.Text("commonName"), SerialNumber: s.Text("serialNumber"),
		Country: one(s.Text("country")), Locality: one(s.Text("locality")), Organization: one(s.Text("organization")),
		OrganizationalUnit: one(s.Text("organizationalUnit")), PostalCode: one(s.Text("postalCode")),
		Province: one(s.Text("province")), StreetAddress: s.Texts("streetAddresses"),
	}
	if address := s.Text("emailAddress"); address != "" {
		name.ExtraNames = append(name.ExtraNames, pkix.AttributeTypeAndValue{
			Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: address,
		})
	}
	return name
}

func one(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// names are what a certificate is for besides its subject.
func names(in stateless.Values) (addresses []net.IP, uris []*url.URL, err error) {
	for _, text := range in.Texts("ipAddresses") {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, nil, fmt.Errorf("ipAddresses: %w", err)
		}
		addresses = append(addresses, address.AsSlice())
	}
	for _, text := range in.Texts("uris") {
		uri, err := url.Parse(text)
		if err != nil {
			return nil, nil, fmt.Errorf("uris: %w", err)
		}
		uris = append(uris, uri)
	}
	return addresses, uris, nil
}

func nameProblems(in stateless.Values) []schema.Problem {
	if _, _, err := names(in); err != nil {
		return []schema.Problem{{Path: "ipAddresses", Text: err.Error()}}
	}
	return nil
}

func periodProblems(in stateless.Values) []schema.Problem {
	var problems []schema.Problem
	for _, name := range []string{"validityPeriodHours", "earlyRenewalHours"} {
		if hours := in.Number(name); hours < 0 || hours > mostHours {
			problems = append(problems, schema.Problem{Path: name, Text: fmt.Sprintf(
				"attribute %s value must be between 0 and %d, got: %d", name, mostHours, hours)})
		}
	}
	return problems
}

// sign makes a certificate and gives its serial number as its id.
func sign(
	template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer, in stateless.Values, now time.Time,
) (string, map[string]any, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return "", nil, fmt.Errorf("draw a serial number: %w", err)
	}
	template.SerialNumber = serial
	template.NotBefore = now.Truncate(time.Second)
	template.NotAfter = template.NotBefore.Add(time.Duration(in.Number("validityPeriodHours")) * time.Hour)
	template.BasicConstraintsValid = true
	template.IsCA = in.Flag("isCaCertificate")
	setUses(template, in.Texts("allowedUses"))
	if template.IsCA || in.Flag("setSubjectKeyId") {
		if template.SubjectKeyId, err = keyID(public); err != nil {
			return "", nil, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return "", nil, fmt.Errorf("create the certificate: %w", err)
	}
	outputs := map[string]any{
		"certPem":           block(blockCertificate, der),
		"validityStartTime": template.NotBefore.Format(time.RFC3339), "validityEndTime": template.NotAfter.Format(time.RFC3339),
		"readyForRenewal": renewable(template.NotAfter, in.Number("earlyRenewalHours"), now),
	}
	return serial.String(), outputs, nil
}

func keyID(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("encode the public key: %w", err)
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, fmt.Errorf("decode the public key: %w", err)
	}
	sum := sha1.Sum(info.Key.Bytes) //nolint:gosec // RFC 5280 4.2.1.2
	return sum[:], nil
}

func renewable(end time.Time, earlyHours int, now time.Time) bool {
	return !now.Before(end.Add(-time.Duration(earlyHours) * time.Hour))
}

// renewalOutput is the output that turns true when a certificate should be made anew.
const renewalOutput = "readyForRenewal"

func age(outputs stateless.Values, now time.Time) map[string]any {
	end, err := time.Parse(time.RFC3339, outputs.Text("validityEndTime"))
	if err != nil {
		return nil
	}
	return map[string]any{renewalOutput: renewable(end, outputs.Number("earlyRenewalHours"), now)}
}

func decodePEM(text, kind string) ([]byte, error) {
	found, _ := pem.Decode([]byte(text))
	if found == nil {
		return nil, errors.New("no PEM block found")
	}
	if found.Type != kind {
		return nil, fmt.Errorf("PEM block is %q, expected %q", found.Type, kind)
	}
	return found.Bytes, nil
}
