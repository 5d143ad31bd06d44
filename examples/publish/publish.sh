#!/usr/bin/env bash
# From a chart's source to a running release, and why it is not running: the whole walk, on the sandbox and a real registry.
#
#   examples/publish/publish.sh [FOLDER]     FOLDER is where it works; default: a new one
#
# It needs `reconcile` in PATH, and docker-registry, htpasswd and curl (Debian: docker-registry apache2-utils curl).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/registry.sh"
for program in reconcile docker-registry htpasswd curl; do
    command -v "$program" >/dev/null || { echo "$program is not in PATH" >&2; exit 1; }
done

folder=${1:-$(mktemp -d)}
port=${REGISTRY_PORT:-5000}
export REGISTRY_TOKEN=walk-registry-token
registry=
trap '[ -z "$registry" ] || kill "$registry"; reconcile sandbox down --name publish --quiet' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Run and show a command; its exit code has to be the one given first.
step() {
    local expected=$1 code=0; shift
    say "\$ $*"
    "$@" || code=$?
    [ "$code" = "$expected" ] || { echo "that was not expected: exit code $code" >&2; exit 1; }
}

say "# a cluster, and a private registry with the image hello:1.0.0"
reconcile sandbox up --name publish --stages "$here/nodes.yaml"
KUBECONFIG_CONTENT=$(reconcile sandbox kubeconfig --name publish | base64)
export KUBECONFIG_CONTENT
start_registry "$folder" "$port" ci "$REGISTRY_TOKEN"
push_image "127.0.0.1:$port" hello 1.0.0 ci "$REGISTRY_TOKEN"
cd "$folder"
sed "s/REGISTRY_HOST/127.0.0.1:$port/" "$here/environment.yaml.in" >environment.yaml

say "# the chart: made, checked, packed, published"
step 0 reconcile chart create hello
step 0 reconcile chart lint hello
step 0 reconcile chart package hello --version 1.0.0 --app-version 1.0.0
step 0 reconcile chart push hello-1.0.0.tgz team -e environment.yaml
step 0 reconcile chart push hello-1.0.0.tgz team -e environment.yaml
step 0 reconcile chart list team/hello -e environment.yaml

say "# which version the range means is written down, for the review"
step 0 reconcile update -e environment.yaml

say "# can it be applied from here? then do it"
step 0 reconcile preflight -e environment.yaml
step 2 reconcile plan --locked -e environment.yaml
step 0 reconcile apply -e environment.yaml
step 0 reconcile status -e environment.yaml

say "# a tag that was never pushed: known before anything is applied …"
sed -i 's/version: 1.0.0}/version: 1.0.1}/' environment.yaml
step 2 reconcile preflight -e environment.yaml
say "# … and explained when it was applied all the same"
step 1 reconcile apply -e environment.yaml
step 2 reconcile diagnose -e environment.yaml

say "# the fix"
sed -i 's/version: 1.0.1}/version: 1.0.0}/' environment.yaml
step 0 reconcile apply -e environment.yaml
step 0 reconcile diagnose -e environment.yaml
step 0 reconcile status -e environment.yaml
