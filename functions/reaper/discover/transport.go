package discover

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

const (
	// maxBody bounds the body of an answer, in bytes. A machine takes about 6 KiB of a list, and a page has some hundred.
	maxBody = 16 << 20
	// maxHeader bounds an answer's header, in bytes.
	maxHeader = 64 << 10
)

// client is the transport of production. The time of a whole attempt is limited by the pipeline, see tryLimit.
func client() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    5 * time.Second,
			ResponseHeaderTimeout:  tryLimit,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    10,
			MaxResponseHeaderBytes: maxHeader,
		},
		// The resource manager redirects none of these calls, and a token must not go elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// limited bounds the bodies that a transport returns. Reading beyond that is an error.
type limited struct{ policy.Transporter }

// Do implements [policy.Transporter].
func (l limited) Do(request *http.Request) (*http.Response, error) {
	response, err := l.Transporter.Do(request)
	if err != nil {
		return nil, err
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxBody)
	return response, nil
}

// refusal is an error answer of Azure's in one line. The SDK's own text is the whole answer over many.
type refusal struct {
	*azcore.ResponseError
}

// Error implements error.
func (r refusal) Error() string {
	return fmt.Sprintf("%d %s: %.80s", r.StatusCode, http.StatusText(r.StatusCode), r.ErrorCode)
}

// Unwrap leads to the SDK's error.
func (r refusal) Unwrap() error { return r.ResponseError }

// brief shortens an error answer.
func brief(err error) error {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return refusal{answer}
	}
	return err
}
