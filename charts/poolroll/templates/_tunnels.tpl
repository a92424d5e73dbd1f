{{/* The sidecars that bring HAProxy's doors to 127.0.0.1 of the run. Each is a native sidecar: it
     starts before the run, has to listen first, and ends after it. A tunnel that breaks is started
     again; how long the run waits for that is `pool.haproxy.lost_after` of its rollout file.
     Takes (dict "root" $ "rollout" ROLLOUT). */}}
{{- define "poolroll.tunnels" -}}
{{- $root := .root -}}
{{- $entry := .rollout.entry -}}
{{- range $entry.tunnels }}
{{- if and .ssh .tls -}}
{{- fail (printf "rollouts.%s.tunnels: %s has both ssh and tls; keep one" $.rollout.name .name) -}}
{{- end }}
- name: tunnel-{{ .name }}
  {{- if .ssh }}
  image: {{ include "poolroll.image" $root | quote }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  command: [ssh]
  args:
    - -N
    - -T
    - -F
    - /etc/poolroll/ssh/config
    - -o
    - ExitOnForwardFailure=yes
    - -p
    - {{ .ssh.port | default 22 | int | quote }}
    - -L
    - {{ printf "127.0.0.1:%d:%s" (int .listen) (.ssh.to | default "/run/haproxy/admin.sock") | quote }}
    - {{ .ssh.host | quote }}
  {{- else }}
  image: {{ required (printf "rollouts.%s.tunnels: %s needs tls.image, an image of HAProxy" $.rollout.name .name) .tls.image | quote }}
  command: [haproxy]
  args: [-f, /etc/poolroll/tunnels/{{ .name }}.cfg, -db]
  {{- end }}
  restartPolicy: Always
  startupProbe:
    {{- /* The port is on loopback, where the kubelet does not reach it: asked from inside. */}}
    exec:
      {{- if .ssh }}
      command: [python3, -c, {{ printf "import socket; socket.create_connection(('127.0.0.1', %d), 2)" (int .listen) | quote }}]
      {{- else }}
      command: [sh, -c, {{ printf "grep -q '0100007F:%04X 00000000:0000 0A' /proc/net/tcp" (int .listen) | quote }}]
      {{- end }}
    periodSeconds: 2
    timeoutSeconds: 5
    failureThreshold: 30
  securityContext:
    {{- include "poolroll.containerSecurity" $root | nindent 4 }}
  resources:
    {{- toYaml $root.Values.tunnels.resources | nindent 4 }}
  volumeMounts:
    {{- if .ssh }}
    {{- include "poolroll.sshMounts" (dict "entry" $entry "name" $.rollout.name) | nindent 4 }}
    {{- else }}
    - {name: rollout, mountPath: /etc/poolroll/tunnels/{{ .name }}.cfg, subPath: {{ .name }}.tunnel.cfg, readOnly: true}
    - {name: tunnel-{{ .name }}, mountPath: /etc/poolroll/tunnels/{{ .name }}, readOnly: true}
    {{- end }}
{{- end }}
{{- end -}}

{{/* HAProxy as the client's end of mutual TLS. */}}
{{- define "poolroll.tunnelConfig" -}}
global
    log stdout format raw local0 notice
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen {{ .name }}
    bind 127.0.0.1:{{ int .listen }}
    server door {{ .tls.host }}:{{ int .tls.port }} ssl crt /etc/poolroll/tunnels/{{ .name }}/client.pem ca-file /etc/poolroll/tunnels/{{ .name }}/ca.pem verify required verifyhost {{ .tls.serverName | default .tls.host }} sni str({{ .tls.serverName | default .tls.host }})
{{- end -}}

{{- define "poolroll.sshMounts" -}}
{{- if not .entry.ssh.secret }}{{ fail (printf "rollouts.%s: an SSH tunnel needs ssh.secret and ssh.knownHosts" .name) }}{{ end -}}
{{- if not .entry.ssh.knownHosts }}{{ fail (printf "rollouts.%s: ssh.secret needs ssh.knownHosts, the ConfigMap with the keys of the hosts: an unknown host is never trusted" .name) }}{{ end -}}
- {name: rollout, mountPath: /etc/poolroll/ssh/config, subPath: ssh.config, readOnly: true}
- {name: rollout, mountPath: /etc/ssh/ssh_config.d/poolroll.conf, subPath: ssh.config, readOnly: true}
- {name: ssh, mountPath: /etc/poolroll/ssh/key, readOnly: true}
- {name: known-hosts, mountPath: /etc/poolroll/ssh/known, readOnly: true}
{{- end -}}

{{/* For `ssh` in commands of the rollout file as for tunnels. Takes an entry. */}}
{{- define "poolroll.sshConfig" -}}
Host *
    {{- with .ssh.user }}
    User {{ . }}
    {{- end }}
    IdentityFile /etc/poolroll/ssh/key/{{ .ssh.key }}
    IdentitiesOnly yes
    UserKnownHostsFile /etc/poolroll/ssh/known/known_hosts
    StrictHostKeyChecking yes
    BatchMode yes
    ConnectTimeout 10
    ServerAliveInterval 5
    ServerAliveCountMax 3
{{- end -}}
