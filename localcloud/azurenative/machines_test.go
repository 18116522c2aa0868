package azurenative

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/store"
)

func ids(machines []live.Machine) []string {
	all := []string{}
	for _, m := range machines {
		all = append(all, m.ID)
	}
	return all
}

// lost counts the machines that were deleted so far.
func (c *cloud) lost() int {
	c.Helper()
	events, err := c.store.Events()
	if err != nil {
		c.Fatal(err)
	}
	count := 0
	for _, e := range events {
		if e.Op == store.OpInstanceDeleted {
			count++
		}
	}
	return count
}

func (c *cloud) setCapacity(id string, count int) {
	c.Helper()
	if err := c.p.SetCapacity(id, count); err != nil {
		c.Fatal(err)
	}
}

func (c *cloud) wantMachines(id string, want ...string) {
	c.Helper()
	if got := ids(c.machines(id)); !slices.Equal(got, want) {
		c.Errorf("machines %v, want %v", got, want)
	}
}

func TestScaleSetFollowsAutoscale(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.wantMachines(id)
	setting := c.must(autoscaleToken, autoscaleInputs("1", "4"))
	c.wantMachines(id, "0")
	c.setCapacity(id, 3)
	c.wantMachines(id, "0", "1", "2")
	if err := c.update(setting, autoscaleInputs("1", "2")); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "0", "1")
	if err := c.update(setting, autoscaleInputs("2", "4")); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "0", "1")
	if err := c.p.DeleteMachine(id, "0"); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "1", "3") // an instance id is never used twice
	if m := c.machines(id)[1]; m.ImageVersion != "1.0.0" || m.Zone != "1" || !m.LatestModelApplied || len(m.VMID) != 36 {
		t.Errorf("machine %+v", m)
	}
}

func TestUpdateWithoutCapacityKeepsMachines(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.setCapacity(id, 3)
	if err := c.update(id, edit(scaleSetInputs(), "tags", props{"owner": "others"})); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "0", "1", "2")
	if c.lost() != 0 {
		t.Error("machines were lost")
	}
	if capacity, _ := c.out(id).number("sku.capacity"); capacity != 3 {
		t.Errorf("capacity %d in the outputs", capacity)
	}
	if !c.machines(id)[0].LatestModelApplied {
		t.Error("a tag is no part of the machines' model")
	}
}

func TestUpdateWithLowerCapacityDeletesNewestMachines(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.setCapacity(id, 4)
	if err := c.update(id, edit(scaleSetInputs(), "sku.capacity", 2.0)); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "0", "1")
	if c.lost() != 2 {
		t.Errorf("%d machines in the log, want 2", c.lost())
	}
	if err := c.update(id, edit(scaleSetInputs(), "sku.capacity", 3.0)); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "0", "1", "4")
	oldest := edit(edit(scaleSetInputs(), "sku.capacity", 2.0), "scaleInPolicy.rules", list("OldestVM"))
	if err := c.update(id, oldest); err != nil {
		t.Fatal(err)
	}
	c.wantMachines(id, "1", "4")
}

func TestModelChangeMarksMachines(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.setCapacity(id, 1)
	c.publish("1.0.10")
	c.publish("1.0.9")
	if err := c.update(id, edit(scaleSetInputs(), "virtualMachineProfile.osProfile.customData", "bmV3")); err != nil {
		t.Fatal(err)
	}
	c.setCapacity(id, 2)
	m := c.machines(id)
	if m[0].LatestModelApplied || m[0].ImageVersion != "1.0.0" || !m[1].LatestModelApplied || m[1].ImageVersion != "1.0.10" {
		t.Errorf("machines %+v", m)
	}
}

// A refresh brings the live capacity into the inputs, as the real provider's does, and with it the whole sku.
func TestRefreshBringsCapacityIntoInputs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.must(autoscaleToken, autoscaleInputs("1", "4"))
	if _, set := viewOf(c.states[id].inputs).number("sku.capacity"); set {
		t.Fatal("capacity in the inputs before the refresh")
	}
	c.refresh(id)
	in := viewOf(c.states[id].inputs)
	if capacity, _ := in.number("sku.capacity"); capacity != 1 || in.text("sku.name") != "Standard_F8s_v2" {
		t.Errorf("inputs %v", in["sku"])
	}
	if in.text("virtualMachineProfile.osProfile.customData") == "" {
		t.Error("a refresh loses what Azure does not give back")
	}
	// The race: autoscale adds a machine between the refresh and the update, which writes the capacity of the refresh.
	c.setCapacity(id, 3)
	if err := c.update(id, viewOf(c.states[id].inputs)); err != nil {
		t.Fatal(err)
	}
	if c.lost() != 2 {
		t.Errorf("%d machines lost, want the 2 that a capacity in the update costs", c.lost())
	}
}

func TestRefreshWithoutChangeKeepsInputs(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	before := c.states[id].inputs
	c.refresh(id)
	if d := before.Diff(c.states[id].inputs); d != nil {
		t.Errorf("changed: %v", d.ChangedKeys())
	}
}

func TestMachinesEndWithTheirScaleSet(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.fleet()
	c.setCapacity(id, 2)
	if err := c.delete(testGroup); err != nil {
		t.Fatal(err)
	}
	if c.lost() != 2 || c.refresh(id) {
		t.Errorf("%d machines lost with the group", c.lost())
	}
}

func TestPoolsKeepTheirLiveCount(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	cluster := c.cluster()
	pool := c.must(poolToken, poolInputs())
	live := func() int {
		count, _ := c.out(pool).number("count")
		return count
	}
	if live() != 1 {
		t.Errorf("a new pool has %d nodes", live())
	}
	c.setCapacity(pool, 4)
	tagged := with(poolInputs(), props{"tags": props{"a": "b"}})
	c.refuseUpdate("InvalidParameter", pool, tagged) // its count is not the live one
	c.refresh(pool)
	if count, _ := viewOf(c.states[pool].inputs).number("count"); count != 4 {
		t.Errorf("a refresh brings the count %d into the inputs", count)
	}
	if err := c.update(pool, with(tagged, props{"count": 4.0})); err != nil || live() != 4 {
		t.Errorf("an update left %d nodes: %v", live(), err)
	}
	if err := c.update(pool, with(poolInputs(), props{"maxCount": 2.0, "count": 4.0})); err != nil || live() != 2 {
		t.Errorf("a lower maximum left %d nodes: %v", live(), err)
	}
	// As in Azure, the cluster lists every pool, so a refresh brings the separate pools into its inputs.
	c.refresh(cluster)
	if pools := viewOf(c.states[cluster].inputs).objects("agentPoolProfiles"); len(pools) != 2 {
		t.Errorf("%d pools after the refresh", len(pools))
	}
	// The program ignores the list, so the refreshed one is written back.
	if err := c.update(cluster, with(viewOf(c.states[cluster].inputs), props{"tags": props{"a": "b"}})); err != nil {
		t.Error(err)
	}
	if c.refresh(cluster); len(c.out(cluster).objects("agentPoolProfiles")) != 2 {
		t.Errorf("pools %v", c.out(cluster)["agentPoolProfiles"])
	}
	// An update that names only its own pool leaves the others alone.
	if err := c.update(cluster, with(clusterInputs(), props{"kubernetesVersion": "1.34"})); err != nil {
		t.Error(err)
	}
	if c.refresh(pool); live() != 2 {
		t.Errorf("an update of the cluster left %d nodes", live())
	}
}

func TestCompareVersionsOrders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.IntRange(0, 99)
		a := []int{number.Draw(t, "a0"), number.Draw(t, "a1"), number.Draw(t, "a2")}
		b := []int{number.Draw(t, "b0"), number.Draw(t, "b1"), number.Draw(t, "b2")}
		got := compareVersions(fmt.Sprintf("%d.%d.%d", a[0], a[1], a[2]), fmt.Sprintf("%d.%d.%d", b[0], b[1], b[2]))
		if want := slices.Compare(a, b); (got > 0) != (want > 0) || (got < 0) != (want < 0) {
			t.Errorf("compare %v %v: %d, want %d", a, b, got, want)
		}
	})
}

// Whatever operators and autoscale do, the count stays inside the prefix and instance ids are never used twice.
func TestMachinesInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		op := &operation{write: &store.Tx{}, id: testGroup, tx: noResources{}, in: object{"zones": []any{"1"}}}
		var set live.ScaleSet
		seen := map[string]bool{}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			before := ids(set.Machines)
			want := rapid.IntRange(0, 16).Draw(rt, "want")
			if err := op.resize(&set, want, "test"); err != nil {
				rt.Fatal(err)
			}
			if len(set.Machines) != want {
				rt.Fatalf("%d machines, want %d", len(set.Machines), want)
			}
			for _, id := range ids(set.Machines) {
				if seen[id] && !slices.Contains(before, id) {
					rt.Fatalf("instance id %s is used again", id)
				}
				seen[id] = true
			}
		}
	})
}

type noResources struct{}

func (noResources) Get(id string) (store.Resource, error) {
	return store.Resource{}, fmt.Errorf("%s: %w", id, store.ErrNotFound)
}
func (noResources) List(string) ([]store.Resource, error) { return nil, nil }
