{{- define "assay.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Prefix of all names; short enough for any suffix to keep it a DNS label. */}}
{{- define "assay.fullname" -}}
{{- $name := include "assay.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "assay.operator" -}}
{{ include "assay.fullname" . }}-operator
{{- end -}}

{{- define "assay.registry" -}}
{{ include "assay.fullname" . }}-registry
{{- end -}}

{{- define "assay.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "assay.operator" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* Labels: call with (list . "component"). */}}
{{- define "assay.labels" -}}
{{ include "assay.selector" . }}
{{- with index . 0 }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: assay
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}
{{- end -}}

{{- define "assay.selector" -}}
app.kubernetes.io/name: {{ include "assay.name" (index . 0) }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "assay.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The settings file: what was given, the defaults that depend on the release, nothing that is empty. */}}
{{- define "assay.settings" -}}
{{- $settings := deepCopy .Values.settings -}}
{{- $registry := $settings.registry -}}
{{- if not $settings.toolboxImage -}}
{{- $_ := set $settings "toolboxImage" (include "assay.image" .) -}}
{{- end -}}
{{- if and .Values.registry.bundled.enabled (not $registry.push) -}}
{{- $_ := set $registry "push" (printf "%s.%s.svc:5000" (include "assay.registry" .) .Release.Namespace) -}}
{{- $_ := set $registry "pull" ($registry.pull | default (printf "localhost:%d" (int .Values.registry.bundled.hostPort))) -}}
{{- if kindIs "invalid" $registry.insecure -}}
{{- $_ := set $registry "insecure" true -}}
{{- end -}}
{{- end -}}
{{- if .Values.registry.dockerConfigSecret -}}
{{- $_ := set $registry "dockerConfig" "/etc/assay-registry/config.json" -}}
{{- end -}}
{{- $push := $registry.push -}}
{{- range $section := list $settings $registry -}}
{{- range $key, $value := $section -}}
{{- if and (empty $value) (has (kindOf $value) (list "invalid" "string" "slice" "map")) -}}
{{- $_ := unset $section $key -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set $registry "push" $push -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* Our kinds' plurals. */}}
{{- define "assay.kinds" -}}
[agents, benchmarkruns, benchmarks, blueprints, devboxes, disksnapshots, scenarioruns, scenarios, scorers]
{{- end -}}

{{- define "assay.kindsStatus" -}}
[agents/status, benchmarkruns/status, benchmarks/status, blueprints/status, devboxes/status, disksnapshots/status, scenarioruns/status, scenarios/status, scorers/status]
{{- end -}}

{{/* The operator's identity, as the API server knows it. */}}
{{- define "assay.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "assay.serviceAccount" . }}
{{- end -}}
