package kubernetes

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/store"
)

// live is an object as it is in a cluster.
type live struct {
	kind    object.Kind
	id      string
	created time.Time
	object  object.Object
}

// name is "namespace/name", or the name alone for objects of the whole cluster: what the real provider takes as id.
func (l live) name() string { return qualified(l.object.GetNamespace(), l.object.GetName()) }

func qualified(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// prefix starts the store's ids of all objects of a cluster. A cluster that was made anew has a new prefix, so it starts
// empty.
func (c *cluster) prefix() string {
	return fmt.Sprintf("/kubernetes/%s/%d/", c.host, c.created.UnixNano())
}

func (c *cluster) objectID(kind object.Kind, namespace, name string) string {
	group := kind.Group
	if group == "" {
		group = "core"
	}
	return c.prefix() + group + "/" + strings.ToLower(kind.Kind) + "/" + qualified(namespace, name)
}

// get reads an object; found is false where the cluster has none.
func (c *cluster) get(r reader, kind object.Kind, namespace, name string) (l live, found bool, err error) {
	stored, err := r.Get(c.objectID(kind, namespace, name))
	if errors.Is(err, store.ErrNotFound) {
		return live{}, false, nil
	}
	if err != nil {
		return live{}, false, err
	}
	l, err = open(stored)
	return l, err == nil, err
}

// has tells whether an object exists, without decoding it.
func (c *cluster) has(r reader, group, kind, namespace, name string) (bool, error) {
	k, ok := object.ByGroupKind(group, kind)
	if !ok {
		return false, fmt.Errorf("the local cloud serves no kind %q of group %q", kind, group)
	}
	_, err := r.Get(c.objectID(k, namespace, name))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// list reads the cluster's objects of the given kinds, of all kinds where none is given; in one namespace, or in all
// where that is empty.
func (c *cluster) list(r reader, namespace string, kinds ...string) ([]live, error) {
	stored, err := r.List(Package)
	if err != nil {
		return nil, err
	}
	var found []live
	for _, s := range stored {
		if !strings.HasPrefix(s.ID, c.prefix()) || !ofKind(s.Type, kinds) {
			continue
		}
		l, err := open(s)
		if err != nil {
			return nil, err
		}
		if namespace == "" || l.object.GetNamespace() == namespace {
			found = append(found, l)
		}
	}
	return found, nil
}

func ofKind(token string, kinds []string) bool {
	for _, kind := range kinds {
		if strings.HasSuffix(token, ":"+kind) {
			return true
		}
	}
	return len(kinds) == 0
}

func open(stored store.Resource) (live, error) {
	kind, err := object.ByToken(stored.Type)
	if err != nil {
		return live{}, fmt.Errorf("%s: %w", stored.ID, err)
	}
	decoded, err := object.DecodeJSON(kind, stored.Outputs)
	if err != nil {
		return live{}, fmt.Errorf("%s: %w", stored.ID, err)
	}
	return live{kind: kind, id: stored.ID, created: stored.Created, object: decoded}, nil
}

// put writes an object.
func put(tx *store.Tx, l live) error {
	raw, err := json.Marshal(l.object)
	if err != nil {
		return fmt.Errorf("encode %s: %w", l.name(), err)
	}
	tx.Put(store.Resource{ID: l.id, Provider: Package, Type: l.kind.Token(), Created: l.created, Outputs: raw})
	return nil
}
