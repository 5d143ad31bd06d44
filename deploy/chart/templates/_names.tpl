{{/* What never changes in the life of a release: a Deployment's selector cannot. */}}
{{- define "reconciler.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "reconciler.labels" -}}
{{ include "reconciler.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "reconciler.account" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default .Release.Name }}
{{- else }}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Names of the cluster's own objects are shared by all namespaces. */}}
{{- define "reconciler.clusterName" -}}
{{ .Release.Namespace }}-{{ .Release.Name }}
{{- end }}

{{- define "reconciler.subjects" -}}
- kind: ServiceAccount
  name: {{ include "reconciler.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{/* The Sync file: what values say wins, but for what the pod is built around. */}}
{{- define "reconciler.sync" -}}
{{- $sync := deepCopy .Values.sync }}
{{- $leader := dict "kubeconfig" (dict "inCluster" true) "namespace" .Release.Namespace }}
{{- $sync = merge $sync (dict "server" dict "leader" $leader) }}
{{- $_ := set $sync "server" (merge $sync.server (dict "listen" "0.0.0.0:8080")) }}
{{- $_ := set $sync "apiVersion" "reconciler/v1" }}
{{- $_ := set $sync "kind" "Sync" }}
{{- $_ := set $sync "state" "/var/lib/reconciler" }}
{{- toYaml $sync }}
{{- end }}
