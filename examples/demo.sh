#!/usr/bin/env bash
# The main job on the sandbox: plan, apply, apply again, status. Run it by `make demo`.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# Run and show a command; the codes given first are as good as 0.
step() {
    local good=" 0 $1 "; shift
    say "\$ $*"
    local code=0
    "$@" || code=$?
    [[ $good == *" $code "* ]] || { echo "that was not expected: exit code $code" >&2; exit 1; }
}

say "\$ reconcile sandbox up"
reconcile sandbox up
RECONCILE_KUBECONFIG=$(reconcile sandbox kubeconfig)
# What CI would have in its secrets.
export RECONCILE_KUBECONFIG DEMO_REGISTRY_TOKEN=demo-registry-token DEMO_DB_PASSWORD=demo-db-password
export DEMO_DATABASE_URL=postgres://demo:demo-link-password@db.example.com/demo

step "" reconcile validate -e environments/demo.yaml
step 2 reconcile plan -e environments/demo.yaml
step "" reconcile apply -e environments/demo.yaml
say "# once more: nothing is left to do, and nothing is written"
step "" reconcile apply -e environments/demo.yaml
step "" reconcile status -e environments/demo.yaml

tools=$(reconcile sandbox programs --only kubectl --only helm --quiet)
kubectl=$(grep kubectl <<<"$tools" | awk '{print $NF}')
helm=$(grep helm <<<"$tools" | awk '{print $NF}')
cat <<END

The sandbox is still running. To look around:

  export KUBECONFIG=$(reconcile sandbox kubeconfig --path)
  $kubectl get pods -A
  $helm list -A
  $kubectl -n demo-web scale deployment web --replicas=7     # then plan again: drift, and who made it

The commands above need the variables of the demo:

  export RECONCILE_KUBECONFIG="\$(reconcile sandbox kubeconfig)"
  export DEMO_REGISTRY_TOKEN=demo-registry-token DEMO_DB_PASSWORD=demo-db-password
  export DEMO_DATABASE_URL=postgres://demo:demo-link-password@db.example.com/demo
  export PATH="$(dirname "$(command -v reconcile)"):\$PATH"

To stop it:  reconcile sandbox down
END
