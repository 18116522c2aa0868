package armtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
)

const (
	setID = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-meet-dev/providers/" +
		"Microsoft.Compute/virtualMachineScaleSets/vmss-a"
	compute = "?api-version=2024-11-01&$expand=instanceView"
	network = "?api-version=2018-10-01"
)

// call sends a request as the SDK's pipeline does.
func call(t *testing.T, cloud *armtest.Cloud, method, path, body string) (int, map[string]any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "https://management.azure.com"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer token")
	request.Header.Set("Content-Type", "application/json")
	response, err := cloud.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if len(data) > 0 {
		if err := json.Unmarshal(data, &answer); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
	}
	return response.StatusCode, answer
}

// add adds machines to the scale set.
func add(t *testing.T, cloud *armtest.Cloud, machines ...armtest.Machine) {
	t.Helper()
	for _, m := range machines {
		if _, err := cloud.AddMachine(setID, m); err != nil {
			t.Fatal(err)
		}
	}
}

// listed are the instances in the list of machines with their provisioning states.
func listed(t *testing.T, cloud *armtest.Cloud) []string {
	t.Helper()
	status, answer := call(t, cloud, "GET", setID+"/virtualMachines"+compute, "")
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
	var all []string
	for _, vm := range answer["value"].([]any) {
		vm := vm.(map[string]any)
		all = append(all, fmt.Sprint(vm["instanceId"], " ", vm["properties"].(map[string]any)["provisioningState"]))
	}
	return all
}

func TestADeletionTakesTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		cloud := armtest.New(armtest.Settings{
			DeletionTime: 2 * time.Minute, Lag: 30 * time.Second,
			OnDelete: func(id string, m armtest.Machine) { told = append(told, id+" "+m.Instance) },
		})
		add(t, cloud, armtest.Machine{}, armtest.Machine{}, armtest.Machine{})
		check := func(when string, want ...string) {
			t.Helper()
			if got := listed(t, cloud); !slices.Equal(got, want) {
				t.Errorf("%s: %q", when, got)
			}
		}
		check("just made")
		<-time.After(30 * time.Second)
		check("the list has noticed", "0 Succeeded", "1 Succeeded", "2 Succeeded")
		for range 2 {
			if status, answer := call(t, cloud, "POST", setID+"/delete"+network, `{"instanceIds":["1"]}`); status != http.StatusAccepted {
				t.Fatalf("%d %v", status, answer)
			}
		}
		check("just accepted", "0 Succeeded", "1 Succeeded", "2 Succeeded")
		<-time.After(30 * time.Second)
		check("being deleted", "0 Succeeded", "1 Deleting", "2 Succeeded")
		<-time.After(90 * time.Second)
		if there := cloud.Machines(setID); len(there) != 2 {
			t.Errorf("there: %v", there)
		}
		check("gone, and the list has not noticed", "0 Succeeded", "1 Deleting", "2 Succeeded")
		<-time.After(30 * time.Second)
		check("gone", "0 Succeeded", "2 Succeeded")
		status, answer := call(t, cloud, "POST", setID+"/delete"+network, `{"instanceIds":["1"]}`)
		if status != http.StatusBadRequest || !strings.Contains(fmt.Sprint(answer), "instanceId 1 is not an active") {
			t.Errorf("deleting it again: %d %v", status, answer)
		}
		if len(told) != 1 || told[0] != setID+" 1" || len(cloud.Deleted()) != 1 || cloud.Calls()[armtest.DeleteInstances] != 3 {
			t.Errorf("told %q, deleted %q, calls %v", told, cloud.Deleted(), cloud.Calls())
		}
	})
}

// What the reaper must never send does what it does in Azure.
func TestDeletingNobodyDeletesAll(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"instanceIds":[]}`, `{"instanceIds":["*"]}`} {
		cloud := armtest.New(armtest.Settings{})
		add(t, cloud, armtest.Machine{}, armtest.Machine{})
		if status, answer := call(t, cloud, "POST", setID+"/delete"+network, body); status != http.StatusAccepted {
			t.Errorf("%s: %d %v", body, status, answer)
		}
		if there := cloud.Machines(setID); len(there) != 0 || len(cloud.Deleted()) != 2 {
			t.Errorf("%s: left %v", body, there)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{PageSize: 2})
	for i := range 5 {
		add(t, cloud, armtest.Machine{Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(4 + i)})})
	}
	for _, path := range []string{"/virtualMachines" + compute, "/networkInterfaces" + network} {
		count, next := 0, setID+path
		for pages := 1; next != ""; pages++ {
			status, answer := call(t, cloud, "GET", next, "")
			if status != http.StatusOK || pages > 3 {
				t.Fatalf("%s: %d after %d pages", next, status, pages)
			}
			count += len(answer["value"].([]any))
			link, _ := answer["nextLink"].(string)
			next = strings.TrimPrefix(link, "https://management.azure.com")
		}
		if count != 5 {
			t.Errorf("%s: %d items", path, count)
		}
	}
	// A client that begins anew while another is in the middle begins at the beginning.
	call(t, cloud, "GET", setID+"/virtualMachines"+compute, "")
	if got := listed(t, cloud); len(got) != 2 || got[0] != "0 Succeeded" {
		t.Errorf("got %q", got)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	add(t, cloud, armtest.Machine{})
	metrics := setID + "/virtualMachines/0/providers/Microsoft.Insights/metrics?api-version=2018-01-01&"
	for path, want := range map[string]int{
		setID:                                 http.StatusNotFound,
		setID + "/virtualMachines":            http.StatusBadRequest,
		setID + "/delete" + network:           http.StatusMethodNotAllowed,
		setID + "b/virtualMachines" + compute: http.StatusNotFound,
		setID + "/virtualMachines" + compute + "&$skiptoken=x":  http.StatusBadRequest,
		strings.ToUpper(setID) + "/networkInterfaces" + network: http.StatusOK,
		metrics: http.StatusBadRequest,
		metrics + "timespan=2026-01-01T00:00:00Z/2026-01-01T01:00:00Z&interval=PT5M&aggregation=Total":                 http.StatusBadRequest,
		metrics + "timespan=2026-01-01T00:00:00Z/2026-01-01T01:00:00Z&interval=PT1M&aggregation=Total&metricnames=CPU": http.StatusBadRequest,
		strings.Replace(metrics, "/0/", "/1/", 1) +
			"timespan=2026-01-01T00:00:00Z/2026-01-01T01:00:00Z&interval=PT1M&aggregation=Total": http.StatusNotFound,
	} {
		if status, answer := call(t, cloud, "GET", path, ""); status != want {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
	request := httptest.NewRequestWithContext(t.Context(), "GET", "https://management.azure.com"+setID+"/virtualMachines"+compute, nil)
	response, err := cloud.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", response.StatusCode)
	}
	if _, err := cloud.AddMachine("/subscriptions/s", armtest.Machine{}); err == nil {
		t.Error("a machine of no set")
	}
}

func TestTimeCreatedNeedsAVersion(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	add(t, cloud, armtest.Machine{})
	for version, want := range map[string]bool{"2023-03-01": false, "2023-07-01": true, "2024-11-01": true} {
		_, answer := call(t, cloud, "GET", setID+"/virtualMachines?api-version="+version, "")
		properties := answer["value"].([]any)[0].(map[string]any)["properties"].(map[string]any)
		if _, found := properties["timeCreated"]; found != want || properties["instanceView"] != nil {
			t.Errorf("%s: %v", version, properties)
		}
	}
}

func TestOverTLS(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{PageSize: 1})
	add(t, cloud, armtest.Machine{}, armtest.Machine{})
	server := httptest.NewTLSServer(cloud)
	t.Cleanup(server.Close)
	get := func(url string) (*http.Response, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer token")
		return server.Client().Do(request)
	}
	response, err := get(server.URL + setID + "/virtualMachines" + compute)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var page struct{ NextLink string }
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil || !strings.HasPrefix(page.NextLink, server.URL+setID) {
		t.Errorf("%+v, %v", page, err)
	}
	for _, kind := range []armtest.Kind{armtest.Hang, armtest.Drop} {
		cloud.Break(armtest.ListMachines, armtest.Fault{Kind: kind, Times: 1})
		if response, err := get(page.NextLink); err == nil {
			response.Body.Close()
			t.Errorf("%s: %v", kind, response)
		}
	}
	response, err = get(page.NextLink)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("after two faults: %d", response.StatusCode)
	}
}
