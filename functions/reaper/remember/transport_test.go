package remember

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"jitsi-meet-azure/functions/reaper/decide"
)

// batchAnswer is the answer to a transaction with the given answers in it, in the form of storage.
func batchAnswer(answers ...string) string {
	var b strings.Builder
	b.WriteString("--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n")
	for _, answer := range answers {
		b.WriteString("--changesetresponse_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n" + answer + "\r\n")
	}
	b.WriteString("--changesetresponse_1--\r\n--batchresponse_1--\r\n")
	return b.String()
}

func TestTransactionAnswers(t *testing.T) {
	t.Parallel()
	const fine = "HTTP/1.1 204 No Content\r\nETag: W/\"1\"\r\n\r\n"
	tables, way := behind(t)
	for name, c := range map[string]struct {
		body, want string
	}{
		"all is fine":         {batchAnswer(fine, fine), ""},
		"empty":               {"", "that cannot be used"},
		"a few bytes":         {"--", "that cannot be used"},
		"one line":            {"--batchresponse_1\r\n", "that cannot be used"},
		"JSON":                {`{"ok":true}`, "that cannot be used"},
		"no changes":          {batchAnswer(), "that cannot be used"},
		"no HTTP":             {batchAnswer("fine\r\n"), "that cannot be used"},
		"an empty inner part": {"--a\r\n\r\n\r\n--a--", "that cannot be used"},
		"a failure": {
			batchAnswer("HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n" + problem("AuthorizationFailure")),
			"storage answered 403 AuthorizationFailure",
		},
		"a failure after others": {batchAnswer(fine, "HTTP/1.1 400 Bad Request\r\n\r\n"+problem("InvalidInput")), "400 InvalidInput"},
	} {
		way.set(canned(202, c.body, "Content-Type", "multipart/mixed; boundary=batchresponse_1"))
		err := tables.Observe(t.Context(), "a", Observation{At: noon})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
}

func TestUselessAnswers(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	for name, body := range map[string]string{
		"no rows":             `{}`,
		"rows as null":        `{"value":null}`,
		"rows as a text":      `{"value":"none"}`,
		"a list":              `[]`,
		"null":                `null`,
		"half an object":      `{"value":[`,
		"a row that is none":  `{"value":[1]}`,
		"rows without keys":   `{"value":[{}]}`,
		"the wrong partition": `{"value":[{"PartitionKey":"b","RowKey":"tick"}]}`,
	} {
		way.set(canned(200, body))
		if memory, err := tables.Recall(t.Context(), "a"); err == nil || memory.Slots != nil {
			t.Errorf("%s: %+v, error %v", name, memory, err)
		}
		if tries := way.set(nil); tries != 1 {
			t.Errorf("%s: %d tries", name, tries)
		}
	}
}

// A record whose version is not known cannot be written again, so its write is not taken for done.
func TestNoVersion(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	known := removal(1)
	known.Version = "1"
	for _, r := range []decide.Removal{removal(1), known} {
		for _, tag := range []string{"", " ", "*"} {
			way.set(canned(204, "", "Etag", tag))
			if version, err := tables.Write(t.Context(), "a", decide.SlotRetirement, r); err == nil {
				t.Errorf("the version is %q", version)
			}
		}
	}
}

// endless is a body without end. It counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(into []byte) (int, error) {
	e.read += len(into)
	for i := range into {
		into[i] = ' '
	}
	return len(into), nil
}

func (*endless) Close() error { return nil }

func TestHugeAnswers(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	at := newScene(t, tables)
	for what, call := range at.calls(tables) {
		var bodies []*endless
		way.set(func(request *http.Request, next policy.Transporter) (*http.Response, error) {
			response, err := canned(200, "")(request, next)
			bodies = append(bodies, &endless{})
			response.Body, response.ContentLength = bodies[len(bodies)-1], -1
			return response, err
		})
		err := call(t.Context())
		way.set(nil)
		if err == nil || !strings.Contains(err.Error(), "larger than 8388608 bytes") {
			t.Errorf("%s: error %v", what, err)
		}
		if len(bodies) != 1 || bodies[0].read > largestAnswer+1 {
			t.Errorf("%s: %d answers, of which one was read for %d bytes", what, len(bodies), bodies[0].read)
		}
	}
	at.check(t, tables)
}

func TestLimitedBody(t *testing.T) {
	t.Parallel()
	for size, fits := range map[int]bool{0: true, 9: true, 10: true, 11: false, 100: false} {
		body := &limitedBody{ReadCloser: io.NopCloser(strings.NewReader(strings.Repeat("x", size))), left: 10}
		read, err := io.ReadAll(body)
		var too *useless
		if fits && (err != nil || len(read) != size) || !fits && !errors.As(err, &too) {
			t.Errorf("%d bytes: %d read, %v", size, len(read), err)
		}
	}
}

// Redirections are not followed: a token must not go anywhere else.
func TestTransport(t *testing.T) {
	t.Parallel()
	client := newTransport()
	if err := client.CheckRedirect(nil, nil); !errors.Is(err, http.ErrUseLastResponse) {
		t.Errorf("redirections: %v", err)
	}
	if transport := client.Transport.(*http.Transport); transport.TLSClientConfig.MinVersion < 0x0303 {
		t.Error("TLS older than 1.2 is accepted")
	}
}
