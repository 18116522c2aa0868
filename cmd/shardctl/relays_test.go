package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// getRelays answers for the StatefulSet of a shard's relays, and for its pods.
func (c *cluster) getRelays(what []string) (string, error) {
	_, name, _ := strings.Cut(what[1], "=turn-")
	shard := c.shards[name]
	if what[0] == "statefulsets" {
		list := appsv1.StatefulSetList{}
		if wanted := int32(len(shard.relays)); wanted > 0 {
			list.Items = append(list.Items, appsv1.StatefulSet{
				Spec: appsv1.StatefulSetSpec{Replicas: &wanted}, Status: appsv1.StatefulSetStatus{UpdateRevision: shard.revision},
			})
		}
		return encode(list)
	}
	list := corev1.PodList{}
	for index, relay := range shard.relays {
		list.Items = append(list.Items, pod(fmt.Sprintf("turn-%s-%d", name, index), relay.revision, *relay))
	}
	return encode(list)
}

// deleteRelay deletes a relay, and Kubernetes makes the next one from the new template.
func (c *cluster) deleteRelay(pod string) error {
	var index int
	name, number, _ := strings.Cut(strings.TrimPrefix(pod, "turn-"), "-")
	if _, err := fmt.Sscan(number, &index); err != nil {
		return err
	}
	c.shards[name].relays[index] = &fakePod{uid: 100, revision: c.shards[name].revision, created: c.now, ready: true}
	c.did = append(c.did, "delete "+pod)
	return nil
}

func TestRollRestartsTheRelaysThatAreOldOfTheShardAlone(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	for _, name := range []string{"a", "b"} {
		c.shards[name].relays = []*fakePod{{revision: "old", ready: true}, {revision: "new", ready: true}}
	}
	out, err := c.command(t, "roll", "a")
	require.NoError(t, err, out)
	deleted := func(did string) int { return strings.Count(strings.Join(c.did, "\n"), did) }
	assert.Equal(t, 1, deleted("delete turn-a-0"), c.did)
	assert.Equal(t, 0, deleted("delete turn-a-1"), "it is from the deployed template")
	assert.Equal(t, 0, deleted("delete turn-b"), c.did)
}

func TestRollTouchesNoRelayWhilePeopleMeet(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.shards["a"].relays[0].revision = "old"
	c.shards["a"].stats = `{"conferences":1,"participants":2,"bridge_selector":{"operational_bridge_count":2}}`
	_, err := c.command(t, "roll", "a")
	require.ErrorContains(t, err, "gave up waiting until shard a is empty")
	assert.NotContains(t, strings.Join(c.did, "\n"), "delete")
}

func TestRollWaitsForTheRelays(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.shards["a"].relays[0].ready = false
	out, err := c.command(t, "roll", "a")
	require.ErrorContains(t, err, "gave up waiting until shard a serves", out)
	require.ErrorContains(t, err, "0 of 1 relays are ready")
	assert.Contains(t, c.drained, "a", "a shard that does not serve stays drained")
}

func TestRollGoesOnWithTheRelaysAfterAnInterruption(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.shards["a"].relays[0].revision = "old"
	c.fail["delete pod turn-a"] = errors.New("forbidden")
	_, err := c.command(t, "roll", "a")
	require.ErrorContains(t, err, "roll a: forbidden")

	clear(c.fail)
	c.did = nil
	_, err = c.command(t, "roll", "a")
	require.NoError(t, err)
	assert.Contains(t, c.did, "delete turn-a-0")
	assert.NotContains(t, strings.Join(c.did, "\n"), "delete a/", "Prosody and Jicofo were restarted already")
}

func TestAShardWithoutRelaysIsRolledAllTheSame(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.shards["a"].relays = nil
	_, err := c.command(t, "roll", "a")
	require.NoError(t, err)
}
