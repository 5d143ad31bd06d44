{{/* The tag is the shop's version, which is not a part of `image`: CI sets it alone. */}}
{{- define "shop.image" -}}
{{ .Values.image.repository }}:{{ .Values.app.version | default .Chart.AppVersion }}
{{- end }}

{{- define "shop.databaseUrl" -}}
{{ required "database.url is needed: postgres://USER:PASSWORD@HOST:PORT/DATABASE" .Values.database.url }}
{{- end }}
