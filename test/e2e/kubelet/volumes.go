package kubelet

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// volumes are one pod's, below a folder of its own.
type volumes struct {
	kubelet *Kubelet
	folder  string
	written map[string]map[string]file
}

func (v *volumes) path(name string) string { return filepath.Join(v.folder, name) }

// refresh brings all volumes of a pod up to date. Files that are as they should be are left alone, and so is a volume whose source
// cannot be read, which keeps no other from being brought up to date.
func (v *volumes) refresh(p *corev1.Pod) error {
	var problems []error
	for index := range p.Spec.Volumes {
		volume := &p.Spec.Volumes[index]
		if err := v.refreshOne(p, volume); err != nil {
			problems = append(problems, fmt.Errorf("volume %s: %w", volume.Name, err))
		}
	}
	return errors.Join(problems...)
}

func (v *volumes) refreshOne(p *corev1.Pod, volume *corev1.Volume) error {
	if err := os.MkdirAll(v.path(volume.Name), 0o750); err != nil {
		return fmt.Errorf("its folder: %w", err)
	}
	if volume.EmptyDir != nil {
		return nil
	}
	files, err := v.kubelet.content(p, volume)
	if err != nil {
		return err
	}
	if written, is := v.written[volume.Name]; is && maps.EqualFunc(written, files, file.equal) {
		return nil
	}
	if err := publish(v.path(volume.Name), files); err != nil {
		return err
	}
	v.written[volume.Name] = files
	return nil
}

// mounts says for each container where on this machine lies what it has mounted.
func (v *volumes) mounts(p *corev1.Pod) (map[string]map[string]string, error) {
	mounts := map[string]map[string]string{}
	for index := range p.Spec.Containers {
		container := &p.Spec.Containers[index]
		mounts[container.Name] = map[string]string{}
		for _, mount := range container.VolumeMounts {
			if mount.SubPath != "" || mount.SubPathExpr != "" {
				return nil, fmt.Errorf("container %s mounts a part of volume %s, which is not played", container.Name, mount.Name)
			}
			mounts[container.Name][mount.MountPath] = v.path(mount.Name)
		}
	}
	return mounts, nil
}

// content is what a volume should contain now.
func (k *Kubelet) content(p *corev1.Pod, volume *corev1.Volume) (map[string]file, error) {
	switch {
	case volume.ConfigMap != nil:
		s := volume.ConfigMap
		return k.configMap(p.Namespace, s.Name, selection{s.Items, s.Optional, s.DefaultMode})
	case volume.Secret != nil:
		s := volume.Secret
		return k.secret(p.Namespace, s.SecretName, selection{s.Items, s.Optional, s.DefaultMode})
	case volume.Projected != nil:
		return k.projected(p.Namespace, volume.Projected)
	case volume.CSI != nil:
		return k.csi(p, volume.CSI)
	}
	return nil, fmt.Errorf("is of a kind that is not played: %+v", volume.VolumeSource)
}

func (k *Kubelet) configMap(namespace, name string, chosen selection) (map[string]file, error) {
	found, err := k.listers.configMaps.ConfigMaps(namespace).Get(name)
	if err != nil {
		return chosen.missing(err)
	}
	data := maps.Clone(found.BinaryData)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, text := range found.Data {
		data[key] = []byte(text)
	}
	return chosen.from(data)
}

func (k *Kubelet) secret(namespace, name string, chosen selection) (map[string]file, error) {
	found, err := k.listers.secrets.Secrets(namespace).Get(name)
	if err != nil {
		return chosen.missing(err)
	}
	return chosen.from(found.Data)
}

// projected lays several sources into one folder. A later one replaces what an earlier one has put there.
func (k *Kubelet) projected(namespace string, volume *corev1.ProjectedVolumeSource) (map[string]file, error) {
	all := map[string]file{}
	for _, source := range volume.Sources {
		var files map[string]file
		var err error
		switch s := source; {
		case s.ConfigMap != nil:
			files, err = k.configMap(namespace, s.ConfigMap.Name, selection{s.ConfigMap.Items, s.ConfigMap.Optional, volume.DefaultMode})
		case s.Secret != nil:
			files, err = k.secret(namespace, s.Secret.Name, selection{s.Secret.Items, s.Secret.Optional, volume.DefaultMode})
		default:
			err = fmt.Errorf("projects what is not played: %+v", source)
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(all, files)
	}
	return all, nil
}

func (k *Kubelet) csi(p *corev1.Pod, source *corev1.CSIVolumeSource) (map[string]file, error) {
	if k.options.CSI == nil {
		return nil, fmt.Errorf("nobody plays the driver %s", source.Driver)
	}
	data, err := k.options.CSI(p, source)
	if err != nil {
		return nil, fmt.Errorf("the driver %s: %w", source.Driver, err)
	}
	return selection{}.from(data)
}

// selection is what a volume takes from its source: all keys, or some under names of its own.
type selection struct {
	items    []corev1.KeyToPath
	optional *bool
	mode     *int32
}

// missing is the content of a volume whose source could not be read.
func (s selection) missing(err error) (map[string]file, error) {
	if apierrors.IsNotFound(err) && s.optional != nil && *s.optional {
		return map[string]file{}, nil
	}
	return nil, err
}

func (s selection) from(data map[string][]byte) (map[string]file, error) {
	mode := fs.FileMode(0o644)
	if s.mode != nil {
		mode = fs.FileMode(*s.mode)
	}
	files := map[string]file{}
	if len(s.items) == 0 {
		for key, content := range data {
			files[key] = file{slices.Clone(content), mode}
		}
		return files, nil
	}
	for _, item := range s.items {
		content, found := data[item.Key]
		if !found && (s.optional == nil || !*s.optional) {
			return nil, fmt.Errorf("its source has no key %s", item.Key)
		}
		if !found {
			continue
		}
		own := mode
		if item.Mode != nil {
			own = fs.FileMode(*item.Mode)
		}
		files[item.Path] = file{slices.Clone(content), own}
	}
	return files, nil
}
