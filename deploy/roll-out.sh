#!/usr/bin/env bash
# Rolls an image out over the cluster that kubectl is set to, as the runbook says: the workers, and when all are new the api.
#
#   deploy/roll-out.sh ghcr.io/…/darkroom@sha256:…    deploy/k8s/cluster, with this image in all its pods
#   deploy/roll-out.sh --back                         to what ran before, the api first
#
# OVERLAY names another overlay of deploy/k8s, such as strict/cluster. Where pods do not become ready it goes back by itself, and exits 1.
set -euo pipefail
cd "$(dirname "$0")/k8s"

# A pod may take five minutes to start, and they are replaced one after the other.
patience=${PATIENCE:-20m}

settle() { kubectl rollout status "deployment/darkroom-$1" --timeout="$patience"; }

back() {
  local role
  for role in "$@"; do
    kubectl rollout undo "deployment/darkroom-$role"
    settle "$role"
  done
}

[[ $# -eq 1 ]] || { echo "usage: $0 IMAGE@sha256:DIGEST | --back" >&2; exit 2; }
if [[ $1 == --back ]]; then
  back api worker
  exit
fi
[[ $1 =~ ^[a-z0-9./:_-]+@sha256:[0-9a-f]{64}$ ]] || { echo "not an image by its digest: $1" >&2; exit 2; }

# An overlay over the overlay, so that nothing in the tree changes.
over=$(mktemp -d ./roll-out-XXXXXX)
trap 'rm -rf "$over"' EXIT
cat > "$over/kustomization.yaml" <<EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../${OVERLAY:-cluster}]
patches:
  - target: { kind: Deployment }
    patch: |-
      - { op: replace, path: /spec/template/spec/containers/0/image, value: "$1" }
EOF
manifests=$over/manifests.yaml
kubectl kustomize "$over" > "$manifests"

kubectl apply -f "$manifests" -l 'app.kubernetes.io/component!=api'
if ! settle worker; then
  echo 'the new workers did not become ready: going back' >&2
  back worker
  exit 1
fi
kubectl apply -f "$manifests"
if ! settle api; then
  echo 'the new api did not become ready: going back' >&2
  back api worker
  exit 1
fi
