{{- define "poolroll.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Files of one rollout, as {name: text} in JSON: what the ConfigMap holds. */}}
{{- define "poolroll.files" -}}
{{- $entry := .rollout.entry -}}
{{- $files := dict -}}
{{- range $name, $text := $entry.files }}{{ $_ := set $files $name $text }}{{ end -}}
{{- if $entry.file -}}
{{- $text := $entry.file -}}
{{- if not (kindIs "string" $text) }}{{ $text = toYaml $text }}{{ end -}}
{{- $_ := set $files (printf "%s.yaml" .rollout.name) $text -}}
{{- end -}}
{{- if $entry.ssh.secret }}{{ $_ := set $files "ssh.config" (include "poolroll.sshConfig" $entry) }}{{ end -}}
{{- range $entry.tunnels -}}
{{- if .tls }}{{ $_ := set $files (printf "%s.tunnel.cfg" .name) (printf "%s\n" (include "poolroll.tunnelConfig" .)) }}{{ end -}}
{{- end -}}
{{- toJson $files -}}
{{- end -}}

{{- define "poolroll.args" -}}
- run
- /etc/poolroll/rollout/{{ if .rollout.entry.file }}{{ .rollout.name }}.yaml{{ else }}{{ .rollout.entry.configMap.key }}{{ end }}
- "--yes"
- "--log-format"
- json
- "--deadline"
- {{ printf "%ds" (int .rollout.entry.deadlineSeconds) }}
{{- range $key, $value := .rollout.entry.set }}
- "--set"
- {{ printf "%s=%v" $key $value | quote }}
{{- end }}
{{- with .rollout.entry.metrics.port }}
- "--metrics-listen"
- {{ printf "0.0.0.0:%d" (int .) | quote }}
{{- end }}
{{- with .rollout.entry.metrics.pushGateway }}
- "--push-gateway"
- {{ . | quote }}
{{- end }}
{{- range .rollout.entry.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "poolroll.env" -}}
- {name: HOME, value: /tmp}
- {name: POOLROLL_TERMINATION_LOG, value: /dev/termination-log}
- name: POOLROLL_NODE
  valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
- name: POOLROLL_POD
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- if not (dig "state" "kubernetes" "namespace" "" .rollout.known) }}
- {name: POOLROLL_STATE, value: "kubernetes:{{ .rollout.state }}"}
{{- end }}
{{- range $name, $value := .rollout.entry.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "poolroll.mounts" -}}
{{- $entry := .rollout.entry -}}
- {name: scratch, mountPath: /tmp}
{{- /* One by one: with subPath a file stays what it was when the run began. */}}
{{- if $entry.file }}
- {name: rollout, mountPath: /etc/poolroll/rollout/{{ .rollout.name }}.yaml, subPath: {{ .rollout.name }}.yaml, readOnly: true}
{{- else }}
- {name: given, mountPath: /etc/poolroll/rollout/{{ $entry.configMap.key }}, subPath: {{ $entry.configMap.key }}, readOnly: true}
{{- end }}
{{- range $name, $_ := $entry.files }}
- {name: rollout, mountPath: /etc/poolroll/rollout/{{ $name }}, subPath: {{ $name }}, readOnly: true}
{{- end }}
{{- range $name, $_ := $entry.secrets }}
- {name: secret-{{ $name }}, mountPath: /etc/poolroll/secrets/{{ $name }}, readOnly: true}
{{- end }}
{{- if $entry.ssh.secret }}
{{ include "poolroll.sshMounts" (dict "entry" $entry "name" .rollout.name) }}
{{- end }}
{{- end -}}

{{- define "poolroll.volumes" -}}
{{- $entry := .rollout.entry -}}
- name: scratch
  emptyDir: {sizeLimit: 64Mi}
{{- if include "poolroll.files" . | fromJson }}
- name: rollout
  configMap: {name: {{ .rollout.fullname }}-file, defaultMode: 365} {{- /* 0555: scripts too */}}
{{- end }}
{{- with $entry.configMap }}
- name: given
  configMap: {name: {{ .name }}}
{{- end }}
{{- range $name, $secret := $entry.secrets }}
- name: secret-{{ $name }}
  secret: {secretName: {{ $secret }}, defaultMode: 288} {{- /* 0440 */}}
{{- end }}
{{- with $entry.ssh }}
{{- if .secret }}
- name: ssh
  secret: {secretName: {{ .secret }}, defaultMode: 288}
- name: known-hosts
  configMap: {name: {{ .knownHosts }}}
{{- end }}
{{- end }}
{{- range $entry.tunnels }}
{{- if .tls }}
- name: tunnel-{{ .name }}
  secret:
    secretName: {{ .tls.secret }}
    defaultMode: 288
    items:
      - {key: tls.crt, path: client.pem}
      - {key: tls.key, path: client.pem.key}
      - {key: ca.crt, path: ca.pem}
{{- end }}
{{- end }}
{{- end -}}

{{/* What CronJob and Job share: a Job's spec. Takes (dict "root" $ "rollout" ROLLOUT). */}}
{{- define "poolroll.jobSpec" -}}
{{- $entry := .rollout.entry -}}
{{- $labels := dict "root" .root "name" .rollout.name "more" $entry.podLabels -}}
{{- /* No autoscaler takes its Node away meanwhile. */ -}}
{{- $annotations := dict "cluster-autoscaler.kubernetes.io/safe-to-evict" "false" "karpenter.sh/do-not-disrupt" "true" "kubectl.kubernetes.io/default-container" "poolroll" -}}
# Never tried again by itself: a rollout that halted wants a decision.
backoffLimit: 0
# poolroll stops by itself at --deadline. This is the last resort, for the pod is deleted then, with
# its exit code and its message: the time to stop in order comes on top.
activeDeadlineSeconds: {{ add (int $entry.deadlineSeconds) (int $entry.stopSeconds) 60 }}
# No second pod while the first one is still ending.
podReplacementPolicy: Failed
podFailurePolicy:
  rules:
    # A bug, usage, refused, halted, held by another run: over, whatever else befell the pod.
    - action: FailJob
      onExitCodes: {containerName: poolroll, operator: In, values: [1, 2, 3, 4, 5, 6]}
    {{- if $entry.resumeAfterDisruption }}
    # Its Node was drained or lost: another pod goes on with the rollout.
    - action: Ignore
      onPodConditions: [{type: DisruptionTarget, status: "True"}]
    {{- end }}
    # Stopped: by its deadline or by somebody. The next run goes on with it.
    - action: FailJob
      onExitCodes: {containerName: poolroll, operator: In, values: [7]}
template:
  metadata:
    labels:
      {{- include "poolroll.labels" $labels | nindent 6 }}
    annotations:
      {{- merge (deepCopy $entry.podAnnotations) $annotations | toYaml | nindent 6 }}
  spec:
    # Of the pod as a whole, so none of its containers is started again.
    restartPolicy: Never
    # A signal stops in order: a step that runs is never killed, its member is validated and returned.
    terminationGracePeriodSeconds: {{ int $entry.stopSeconds }}
    serviceAccountName: {{ .rollout.account }}
    automountServiceAccountToken: true
    enableServiceLinks: false
    {{- with .root.Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $entry.priorityClassName }}
    priorityClassName: {{ . }}
    {{- end }}
    {{- with $entry.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $entry.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with include "poolroll.affinity" . }}
    affinity:
      {{- . | nindent 6 }}
    {{- end }}
    securityContext:
      runAsNonRoot: true
      runAsUser: 65532
      runAsGroup: 65532
      fsGroup: 65532
      seccompProfile: {type: RuntimeDefault}
    {{- with include "poolroll.tunnels" . }}
    initContainers:
      {{- . | trim | nindent 6 }}
    {{- end }}
    containers:
      - name: poolroll
        image: {{ include "poolroll.image" .root | quote }}
        imagePullPolicy: {{ .root.Values.image.pullPolicy }}
        command: [poolroll]
        args:
          {{- include "poolroll.args" . | nindent 10 }}
        env:
          {{- include "poolroll.env" . | nindent 10 }}
        {{- with $entry.metrics.port }}
        ports:
          - {name: metrics, containerPort: {{ int . }}}
        {{- end }}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: FallbackToLogsOnError
        securityContext:
          {{- include "poolroll.containerSecurity" . | nindent 10 }}
        resources:
          {{- toYaml $entry.resources | nindent 10 }}
        volumeMounts:
          {{- include "poolroll.mounts" . | nindent 10 }}
    volumes:
      {{- include "poolroll.volumes" . | nindent 6 }}
{{- end -}}
