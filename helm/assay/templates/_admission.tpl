{{/* Parts of the policies about what people write. Call them with the root. */}}

{{/*
matchConditions: a spec, new or changed, by anybody but the operator, which creates devboxes and runs out of what was admitted.
Of runs nothing can be changed but what refers to nothing: suspend and cancel, also by who may not do what the run does.
*/}}
{{- define "assay.specsOfPeople" -}}
- name: not-the-operator
  expression: request.userInfo.username != "{{ include "assay.user" . }}"
- name: changes-the-spec
  expression: >-
    request.operation == "CREATE" ||
    (object.spec != oldObject.spec && !(request.resource.resource in ["benchmarkruns", "scenarioruns"]))
{{- end -}}

{{/* variables: the places of a spec that have env, envFrom or network. */}}
{{- define "assay.placesOfSpec" -}}
- name: functions # of a Scenario; a Scorer is one itself
  expression: "object.spec.?scoringContract.?scoringFunctions.orValue([]) + (object.kind == 'Scorer' ? [object.spec] : [])"
- name: places
  expression: >-
    [object.spec] + [object.spec.?agent, object.spec.?environment, object.spec.?dryRun.?environment,
    object.spec.?template].filter(o, o.hasValue()).map(o, o.value()) +
    object.spec.?scoringContract.?scoringFunctions.orValue([])
- name: schedulings
  expression: >-
    [object.spec.?scheduling, object.spec.?template.?scheduling].filter(o, o.hasValue()).map(o, o.value())
{{- end -}}

{{/* The binding of a policy. Call it with (list . "name" "labels"). */}}
{{- define "assay.policyBinding" -}}
{{- $root := index . 0 -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ index . 1 }}
  labels: {{- index . 2 | nindent 4 }}
spec:
  policyName: {{ index . 1 }}
  validationActions: [Deny]
  {{- with $root.Values.settings.namespaces }}
  matchResources: # other namespaces may have an operator of their own
    namespaceSelector:
      matchExpressions:
      - key: kubernetes.io/metadata.name
        operator: In
        values: {{- append . $root.Release.Namespace | uniq | toYaml | nindent 8 }}
  {{- end }}
{{- end -}}
