{{/* Names, labels and the parts that all pods share. */}}
{{- define "sting.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (default .Chart.Name .Values.nameOverride) .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name (default .Chart.Name .Values.nameOverride) | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "sting.selector" -}}
app: sting-ce
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sting.labels" -}}
{{ include "sting.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "sting.secret" -}}
{{ .Values.secret.existing | default (printf "%s-secret" (include "sting.fullname" .)) }}
{{- end }}

{{- define "sting.postgresqlSecret" -}}
{{ .Values.postgresql.existingSecret | default (printf "%s-postgresql" (include "sting.fullname" .)) }}
{{- end }}

{{- define "sting.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "sting.fullname" .) }}{{ else }}{{ .Values.serviceAccount.name | default "default" }}{{ end -}}
{{- end }}

{{- define "sting.image" -}}
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "sting.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Labels of a pod of the product: root, component, and optionally shared (it lies beside the shared volume). */}}
{{- define "sting.podLabels" -}}
{{- $labels := merge (dict "app.kubernetes.io/component" .component) (include "sting.labels" .root | fromYaml) -}}
{{- if .shared }}{{ $_ := set $labels "sting-ce.com/storage" "shared" }}{{ end -}}
{{ merge $labels .root.Values.podLabels | toYaml }}
{{- end }}

{{/* What restarts a pod: a changed configuration, and changed keys where the chart holds them. */}}
{{- define "sting.checksums" -}}
checksum/config: {{ include (print .Template.BasePath "/config.yaml") . | sha256sum }}
{{- if not (or .Values.secret.existing .Values.secret.external.enabled) }}
checksum/secret: {{ include (print .Template.BasePath "/secret.yaml") . | sha256sum }}
{{- end }}
{{- end }}

{{/* What every pod of the product has in common. */}}
{{- define "sting.pod" -}}
serviceAccountName: {{ include "sting.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - {name: {{ . }}}
  {{- end }}
{{- end }}
securityContext: {{- include "sting.podSecurity" . | nindent 2 }}
{{- end }}

{{- define "sting.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* One container of the product. Takes root, name, args, resources, and optionally port, portName, env, probes. */}}
{{- define "sting.container" -}}
{{- $root := .root -}}
name: {{ .name }}
image: {{ include "sting.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
args: {{ toJson .args }}
securityContext: {{- include "sting.containerSecurity" $root | nindent 2 }}
envFrom:
  - secretRef: {name: {{ include "sting.secret" $root }}}
env:
  - {name: DEMO_MODE, value: {{ $root.Values.demoMode | quote }}}
  - {name: EXTERNAL_AI_ENABLED, value: {{ $root.Values.externalAI | quote }}}
  {{- if $root.Values.postgresql.enabled }}
  - {name: STING_DATABASE_PASSWORD, valueFrom: {secretKeyRef: {name: {{ include "sting.postgresqlSecret" $root }}, key: {{ $root.Values.postgresql.passwordKey }}}}}
  - {name: STING_DATABASE_URL, value: "postgresql+asyncpg://sting:$(STING_DATABASE_PASSWORD)@{{ include "sting.fullname" $root }}-postgresql/sting"}
  {{- end }}
  {{- if $root.Values.valkey.enabled }}
  - {name: STING_REDIS_URL, value: "redis://{{ include "sting.fullname" $root }}-valkey:6379/0"}
  {{- end }}
  {{- with .env }}{{ toYaml . | nindent 2 }}{{ end }}
{{- with .port }}
ports:
  - {name: {{ $.portName | default "http" }}, containerPort: {{ . }}}
{{- end }}
{{- with .probes }}
{{ . }}
{{- end }}
resources: {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - {name: config, mountPath: /etc/sting, readOnly: true}
  - {name: data, mountPath: /var/lib/sting}
  - {name: tmp, mountPath: /tmp}
{{- end }}

{{/* Volumes of a pod. `shared`: console and workers share sealed rows when there is no object store. */}}
{{- define "sting.volumes" -}}
- name: config
  configMap: {name: {{ include "sting.fullname" .root }}-config}
- name: tmp
  emptyDir: {}
- name: data
{{- if and .shared .root.Values.storage.persistence.enabled }}
  persistentVolumeClaim: {claimName: {{ include "sting.fullname" .root }}-data}
{{- else }}
  emptyDir: {}
{{- end }}
{{- end }}

{{/* Console and workers keep sealed rows in one place. A volume for one node keeps both on that node. */}}
{{- define "sting.sharesOneNode" -}}
{{- if and .Values.storage.persistence.enabled (eq .Values.storage.persistence.accessMode "ReadWriteOnce") }}true{{ end -}}
{{- end }}

{{- define "sting.besideTheOther" -}}
{{- if include "sting.sharesOneNode" . }}
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector: {matchLabels: {{ merge (dict "sting-ce.com/storage" "shared") (include "sting.selector" . | fromYaml) | toJson }}}
{{- end }}
{{- end }}

{{- define "sting.spread" -}}
- maxSkew: 1
  topologyKey: topology.kubernetes.io/zone
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: {matchLabels: {{ toJson . }}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector: {matchLabels: {{ toJson . }}}
{{- end }}

{{- define "sting.httpProbes" -}}
startupProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 2
  failureThreshold: 150
livenessProbe:
  httpGet: {path: /healthz, port: http}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: {{ . }}, port: http}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}
