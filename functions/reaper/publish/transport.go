package publish

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

// maxAnswer bounds an answer's body, and its header, in bytes. Nothing long is expected.
const maxAnswer = 64 << 10

// newTransport is the transport of production.
func newTransport() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: tryLimit}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    tryLimit,
			IdleConnTimeout:        90 * time.Second, // The next tick comes after a minute.
			MaxIdleConnsPerHost:    10,
			MaxResponseHeaderBytes: maxAnswer,
		},
		// Azure redirects none of these calls, and a token must not go elsewhere.
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
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	return response, nil
}

// brief shortens an error answer of Azure's to one line. The SDK's own text is the whole answer over many.
func brief(err error) error {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return fmt.Errorf("%d %s: %.80s", answer.StatusCode, http.StatusText(answer.StatusCode), answer.ErrorCode)
	}
	return err
}
