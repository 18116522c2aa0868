package discover_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/fleet"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := armtest.New(armtest.Settings{DeletionTime: time.Minute})
		add(t, cloud, armtest.Machine{VMID: vmID(1), Instance: "1"}, armtest.Machine{VMID: vmID(2), Instance: "2"})
		azure := asking(t, cloud)
		before := time.Now()
		if err := azure.Delete(t.Context(), setID, "2"); err != nil || time.Since(before) != 0 {
			t.Fatalf("%v after %v", err, time.Since(before))
		}
		got, err := azure.Fleet(t.Context(), setID)
		if err != nil || len(got) != 2 || got[0].State != fleet.StateRunning || got[1].State != fleet.StateDeleting {
			t.Errorf("got %v, %v", got, err)
		}
		if err := azure.Delete(t.Context(), setID, "2"); err != nil {
			t.Errorf("once more: %v", err)
		}
		<-time.After(time.Minute)
		if got, err := azure.Fleet(t.Context(), setID); err != nil || len(got) != 1 || got[0].ID != vmID(1) {
			t.Errorf("got %v, %v", got, err)
		}
		if err := azure.Delete(t.Context(), setID, "2"); err == nil || !strings.Contains(err.Error(), "400 Bad Request: InvalidParameter") {
			t.Errorf("of a machine that is gone: %v", err)
		}
		if deleted := cloud.Deleted(); len(deleted) != 1 || deleted[0] != vmID(2) {
			t.Errorf("deleted %v", deleted)
		}
	})
}

func TestDeleteRefusesWhatIsNotOneInstance(t *testing.T) {
	t.Parallel()
	cloud := armtest.New(armtest.Settings{})
	add(t, cloud, armtest.Machine{}, armtest.Machine{})
	azure := asking(t, cloud)
	for _, instance := range []string{
		"", "*", " ", "0,1", "0 1", "0\n", "..", "0/delete", `0"`, "%2a", "０", strings.Repeat("0", 81),
	} {
		if err := azure.Delete(t.Context(), setID, instance); err == nil {
			t.Errorf("%q: no error", instance)
		}
	}
	if calls := cloud.Calls(); len(calls) != 0 || len(cloud.Deleted()) != 0 {
		t.Errorf("calls %v, deleted %v", calls, cloud.Deleted())
	}
}

// recorder keeps what is sent.
type recorder struct {
	*armtest.Cloud
	bodies []string
	paths  []string
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodPost {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		r.bodies, r.paths = append(r.bodies, string(body)), append(r.paths, request.URL.Path+"?"+request.URL.RawQuery)
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.Cloud.Do(request)
}

// What goes out names one instance, at the scale set's call, and is not a forced deletion.
func TestWhatDeleteSends(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cloud := &recorder{Cloud: armtest.New(armtest.Settings{})}
		add(t, cloud.Cloud, armtest.Machine{}, armtest.Machine{})
		azure, err := discover.New(armtest.Credential(), resourceManager, cloud)
		if err != nil {
			t.Fatal(err)
		}
		if err := azure.Delete(t.Context(), setID, "1"); err != nil {
			t.Fatal(err)
		}
		for i, body := range cloud.bodies {
			if body != `{"instanceIds":["1"]}` || cloud.paths[i] != setID+"/delete?api-version=2024-11-01" {
				t.Errorf("sent %s to %s", body, cloud.paths[i])
			}
		}
		if len(cloud.bodies) != 1 || len(cloud.Deleted()) != 1 {
			t.Errorf("sent %d times, deleted %v", len(cloud.bodies), cloud.Deleted())
		}
	})
}

func TestFaultsOfDelete(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault armtest.Fault
		says  string // empty for no error
		done  bool
	}{
		"forbidden":      {armtest.Fault{Kind: armtest.Refuse, Status: 403, Code: "AuthorizationFailed"}, "403 Forbidden", false},
		"not found":      {armtest.Fault{Kind: armtest.Refuse, Status: 404}, "404 Not Found", false},
		"conflict":       {armtest.Fault{Kind: armtest.Refuse, Status: 409, Code: "OperationNotAllowed"}, "409 Conflict: OperationNotAllowed", false},
		"precondition":   {armtest.Fault{Kind: armtest.Refuse, Status: 412}, "412", false},
		"throttled long": {armtest.Fault{Kind: armtest.Refuse, Status: 429, RetryAfter: time.Hour}, "429", false},
		"server error":   {armtest.Fault{Kind: armtest.Refuse, Status: 500}, "500", false},
		"no content":     {armtest.Fault{Kind: armtest.Refuse, Status: 204}, "204", false},
		"hangs":          {armtest.Fault{Kind: armtest.Hang}, "deadline exceeded", false},
		"lost":           {armtest.Fault{Kind: armtest.Lose}, "unexpected EOF", true},
		"lost once":      {armtest.Fault{Kind: armtest.Lose, Times: 1}, "unexpected EOF", true},
		"done at once":   {armtest.Fault{Kind: armtest.Answer}, "", false},
		"a strange body": {armtest.Fault{Kind: armtest.Answer, Body: "<html>"}, "", false},
		"bare":           {armtest.Fault{Kind: armtest.Refuse, Status: 202}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cloud := armtest.New(armtest.Settings{DeletionTime: time.Hour})
				add(t, cloud, armtest.Machine{}, armtest.Machine{})
				cloud.Break(armtest.DeleteInstances, c.fault)
				before := time.Now()
				err := asking(t, cloud).Delete(t.Context(), setID, "1")
				if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v", err)
				}
				if calls := cloud.Calls()[armtest.DeleteInstances]; calls != 1 || time.Since(before) > 10*time.Second {
					t.Errorf("%d calls in %v", calls, time.Since(before))
				}
				if deleted := cloud.Deleted(); (len(deleted) == 1) != c.done || len(deleted) > 1 {
					t.Errorf("deleted %v", deleted)
				}
			})
		})
	}
}
