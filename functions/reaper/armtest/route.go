package armtest

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// paths are those of the calls: subscription, resource group, scale set, what is asked for, and of which instance.
var paths = regexp.MustCompile(`(?i)^/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.Compute/` +
	`virtualMachineScaleSets/([^/]+)/(?:(virtualMachines|networkInterfaces|delete)|` +
	`virtualMachines/([^/]+)/providers/Microsoft\.Insights/metrics)$`)

// skip is the parameter of a link to the next page of a list.
const skip = "$skiptoken"

// asked is a request that was understood.
type asked struct {
	request  *http.Request
	call     Call
	set      *set
	instance string
	page     int
}

// Do answers a request. It implements policy.Transporter of azcore.
func (c *Cloud) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		defer func() { _ = request.Body.Close() }()
	}
	if err := wait(request.Context(), c.settings.Latency); err != nil {
		return nil, err
	}
	if token := request.Header.Get("Authorization"); !strings.HasPrefix(token, "Bearer ") || request.URL.Scheme != "https" {
		return failure(request, http.StatusUnauthorized, "AuthenticationFailed", "no token"), nil
	}
	a, refused := c.understand(request)
	if refused != nil {
		return refused, nil
	}
	fault, broken := c.count(a)
	if broken && fault.Kind != Lose {
		return fault.happen(request)
	}
	response, err := c.serve(a)
	if broken {
		return fault.happen(request)
	}
	return response, err
}

// understand finds out what a request asks for.
func (c *Cloud) understand(request *http.Request) (asked, *http.Response) {
	parts := paths.FindStringSubmatch(request.URL.Path)
	if parts == nil {
		return asked{}, failure(request, http.StatusNotFound, "NotFound", "no such path")
	}
	if request.URL.Query().Get("api-version") == "" {
		return asked{}, failure(request, http.StatusBadRequest, "MissingApiVersionParameter", "no api-version")
	}
	a := asked{request: request, instance: parts[5], page: 1}
	switch request.Method + " " + strings.ToLower(parts[4]) {
	case "GET virtualmachines":
		a.call = ListMachines
	case "GET networkinterfaces":
		a.call = ListInterfaces
	case "POST delete":
		a.call = DeleteInstances
	case "GET ":
		a.call = ReadMetrics
	default:
		return asked{}, failure(request, http.StatusMethodNotAllowed, "MethodNotAllowed", "wrong method")
	}
	if token := request.URL.Query().Get(skip); token != "" {
		number, err := strconv.Atoi(token)
		if err != nil || number < 2 {
			return asked{}, failure(request, http.StatusBadRequest, "InvalidSkipToken", "no such page")
		}
		a.page = number
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.set = c.sets[strings.ToLower(request.URL.Path[:setLength(parts)])]; a.set == nil {
		return asked{}, failure(request, http.StatusNotFound, "ResourceNotFound", "no such scale set")
	}
	return a, nil
}

// setLength is the length of a scale set's id at the beginning of a path.
func setLength(parts []string) int {
	const fixed = "/subscriptions//resourceGroups//providers/Microsoft.Compute/virtualMachineScaleSets/"
	return len(fixed) + len(parts[1]) + len(parts[2]) + len(parts[3])
}

// count counts a request and finds its fault.
func (c *Cloud) count(a asked) (Fault, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[a.call]++
	return c.fault(a.call, a.page)
}

// serve does what is asked and answers it.
func (c *Cloud) serve(a asked) (*http.Response, error) {
	switch a.call {
	case ListMachines:
		return c.listMachines(a)
	case ListInterfaces:
		return c.listInterfaces(a)
	case DeleteInstances:
		return c.deleteInstances(a)
	default:
		return c.readMetrics(a)
	}
}

// named is the request as the SDK's client would have sent it: the generated servers go by a name that it leaves in the
// context, and by the case of its path, which Azure does not care about. It is not cancelled under their hands, which they
// do not survive; they answer at once.
func (a asked) named(method, provider, what string) *http.Request {
	ctx := context.WithoutCancel(a.request.Context())
	named := a.request.Clone(context.WithValue(ctx, runtime.CtxAPINameKey{}, method))
	named.URL.Path = "/subscriptions/" + a.set.subscription + "/resourceGroups/" + a.set.group + "/providers/" + provider +
		"/virtualMachineScaleSets/" + a.set.name + "/" + what
	named.URL.RawPath = ""
	return named
}

// view is the moment that the lists show.
func (c *Cloud) view() time.Time { return c.now().Add(-c.settings.Lag) }

// ServeHTTP answers requests that come over TLS.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	sent := request.Clone(request.Context())
	sent.URL.Scheme, sent.URL.Host = "https", request.Host
	response, err := c.Do(sent)
	if err != nil {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = connection.Close()
		}
		return
	}
	defer func() { _ = response.Body.Close() }()
	for name, values := range response.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body)
}
