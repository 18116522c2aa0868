package main

import (
	"bytes"
	"context"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/signalling/names"
)

// reloadCertificates waits until the Secret's certificates have reached Prosody's pod, which takes Kubernetes up to two
// minutes, and makes Prosody use them. Connections that are open stay open.
func (o *operator) reloadCertificates(ctx context.Context, shard string) error {
	secret, err := get[corev1.Secret](ctx, o.kubectl, in(shardNamespace(shard), "secret", names.CertificateSecret)...)
	if err != nil {
		return err
	}
	pod := names.SingletonPod(names.Prosody)
	err = o.until(ctx, "until the pod has the Secret's certificates", func(ctx context.Context) (string, error) {
		mounted, err := execute(ctx, o.kubectl, shardNamespace(shard), pod, names.Prosody, "",
			"cat", names.CertificateFolder+"/"+names.AuthDomain+".crt")
		if err != nil {
			return "", err
		}
		if !bytes.Equal([]byte(mounted), secret.Data[names.AuthDomain+".crt"]) {
			return "it still has older ones", nil
		}
		return "", nil
	})
	if err != nil {
		return err
	}
	if _, err := execute(ctx, o.kubectl, shardNamespace(shard), pod, names.Prosody, "", names.ReloadCommand()...); err != nil {
		return err
	}
	o.say("Prosody of shard %s uses the certificates of Secret %s", shard, names.CertificateSecret)
	return nil
}
