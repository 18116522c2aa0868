package kubelet

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// watch follows the API server's objects. Nodes, ConfigMaps and Secrets are known before the first pod is looked at.
func (k *Kubelet) watch() error {
	core := k.factory.Core().V1()
	nodes, maps, secrets, pods := core.Nodes().Informer(), core.ConfigMaps().Informer(), core.Secrets().Informer(), core.Pods().Informer()
	k.factory.Start(k.ctx.Done())
	if !cache.WaitForCacheSync(k.ctx.Done(), nodes.HasSynced, maps.HasSynced, secrets.HasSynced, pods.HasSynced) {
		return fmt.Errorf("waiting for the API server's objects: %w", k.ctx.Err())
	}
	_, podErr := pods.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    k.seen,
		UpdateFunc: func(_, object any) { k.seen(object) },
		DeleteFunc: k.lost,
	})
	_, nodeErr := nodes.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: k.nodeSeen})
	changed := cache.ResourceEventHandlerFuncs{
		AddFunc: k.sourceSeen, UpdateFunc: func(_, object any) { k.sourceSeen(object) }, DeleteFunc: k.sourceSeen,
	}
	_, mapErr := maps.AddEventHandler(changed)
	_, secretErr := secrets.AddEventHandler(changed)
	if err := errors.Join(podErr, nodeErr, mapErr, secretErr); err != nil {
		return fmt.Errorf("watching the API server's objects: %w", err)
	}
	return nil
}

func (k *Kubelet) seen(object any) {
	if p, is := object.(*corev1.Pod); is {
		k.see(p)
	}
}

func (k *Kubelet) lost(object any) {
	if final, is := object.(cache.DeletedFinalStateUnknown); is {
		object = final.Obj
	}
	if p, is := object.(*corev1.Pod); is {
		k.lose(p.UID)
	}
}

func (k *Kubelet) nodeSeen(object any) {
	if node, is := object.(*corev1.Node); is {
		k.seeAll(func(p *corev1.Pod) bool { return p.Spec.NodeName == node.Name })
	}
}

// sourceSeen has the pods of a namespace look at their files: something that may be mounted has changed.
func (k *Kubelet) sourceSeen(object any) {
	if final, is := object.(cache.DeletedFinalStateUnknown); is {
		object = final.Obj
	}
	source, is := object.(metav1.Object)
	if !is {
		return
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, w := range k.pods {
		if w.namespace == source.GetNamespace() {
			w.poke()
		}
	}
}
