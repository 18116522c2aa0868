package remember

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

const (
	// largestAnswer bounds an answer, in bytes as they are after decompression. A page of 1000 rows takes about one megabyte.
	largestAnswer = 8 << 20
	// largestHeader bounds its header.
	largestHeader = 64 << 10
)

// newTransport connects to storage by TLS 1.2 or newer, and follows no redirections, of which storage has none.
func newTransport() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: tryLimit}).DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    tryLimit,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    10,
			IdleConnTimeout:        90 * time.Second, // The next tick comes after a minute.
			MaxResponseHeaderBytes: largestHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// useless is an answer that nothing can be read from. Asking again would not help, so the SDK must not.
type useless struct{ cause error }

func (u *useless) Error() string {
	return "storage gave an answer that cannot be used: " + u.cause.Error()
}
func (u *useless) Unwrap() error { return u.cause }

// NonRetriable marks the error for the SDK.
func (*useless) NonRetriable() {}

// limited is a transport whose answers end in an error where they become too large.
type limited struct{ policy.Transporter }

func (l limited) Do(request *http.Request) (*http.Response, error) {
	response, err := l.Transporter.Do(request)
	if err != nil {
		return nil, err
	}
	response.Body = &limitedBody{ReadCloser: response.Body, left: largestAnswer}
	return response, nil
}

type limitedBody struct {
	io.ReadCloser
	left int
}

func (b *limitedBody) Read(into []byte) (int, error) {
	// One byte more than allowed is let through before the error, so that what fits exactly also ends properly.
	n, err := b.ReadCloser.Read(into[:min(len(into), b.left+1)])
	if b.left -= n; b.left < 0 {
		return n, &useless{fmt.Errorf("it is larger than %d bytes", largestAnswer)}
	}
	return n, err
}

// answers looks at answers before the SDK does, which takes anything for one: of an answer without rows it makes an empty
// table, and it panics at a transaction's answer that has no parts.
type answers struct{}

func (answers) Do(request *policy.Request) (*http.Response, error) {
	response, err := request.Next()
	if err != nil {
		return response, err
	}
	raw := request.Raw()
	switch {
	case response.StatusCode == http.StatusOK && raw.Method == http.MethodGet:
		return response, checkRows(response)
	case response.StatusCode == http.StatusAccepted && strings.HasSuffix(raw.URL.Path, "/$batch"):
		return takeApart(response)
	default:
		return response, nil
	}
}

// checkRows insists on a list of rows.
func checkRows(response *http.Response) error {
	body, err := runtime.Payload(response)
	if err != nil {
		return err
	}
	var answer struct{ Value *[]json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		return &useless{err}
	}
	if answer.Value == nil {
		return &useless{errors.New("it has no rows, not even none")}
	}
	return nil
}

// takeApart looks into the answer to a transaction. What failed in there becomes the answer: outside it says 202 all the same.
// Source: Azure docs, performing-entity-group-transactions.
func takeApart(response *http.Response) (*http.Response, error) {
	body, err := runtime.Payload(response)
	if err != nil {
		return nil, err
	}
	var answers [][]byte
	if changes := parts(body); len(changes) > 0 {
		answers = parts(changes[0])
	}
	if len(answers) == 0 {
		return nil, &useless{errors.New("it is none to a transaction")}
	}
	for _, answer := range answers {
		inner, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
		if err != nil {
			return nil, &useless{err}
		}
		if inner.StatusCode >= http.StatusBadRequest {
			inner.Request = response.Request
			return inner, nil
		}
		_ = inner.Body.Close() // It is in memory.
	}
	return response, nil
}

// parts gives the contents of a multipart text as far as it can be read; what is cut off is found out by its length. The
// boundary is in the first line, which is where the SDK takes it from too.
func parts(text []byte) (contents [][]byte) {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	boundary, found := bytes.CutPrefix(bytes.TrimRight(first, "\r"), []byte("--"))
	if !found || len(boundary) == 0 {
		return nil
	}
	reader := multipart.NewReader(bytes.NewReader(text), string(boundary))
	for {
		part, err := reader.NextRawPart()
		if err != nil {
			return contents
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return contents
		}
		contents = append(contents, content)
	}
}
