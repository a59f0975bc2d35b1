/**
 * The fields of the kinds that kubehop reads, with their types (k8s.io/api, generated.proto). `[]` is a list, `{}` a map from
 * strings; `any` is not looked into. A kind with `~` behind it has more fields. A line that begins with blanks continues the one above.
 */
export const SCHEMA_TABLE = `
Pod: metadata=ObjectMeta spec=PodSpec status=PodStatus
Service: metadata=ObjectMeta spec=ServiceSpec status=ServiceStatus
Endpoints: metadata=ObjectMeta subsets=[]EndpointSubset
Namespace: metadata=ObjectMeta spec=NamespaceSpec status=NamespaceStatus
Node: metadata=ObjectMeta spec=NodeSpec status=NodeStatus
ConfigMap: metadata=ObjectMeta immutable=bool data={}string binaryData={}bytes
Secret: metadata=ObjectMeta immutable=bool data={}bytes stringData={}string type=string
ServiceAccount: metadata=ObjectMeta secrets=[]ObjectReference imagePullSecrets=[]LocalObjectReference
  automountServiceAccountToken=bool
Deployment: metadata=ObjectMeta spec=DeploymentSpec status=WorkloadStatus
ReplicaSet: metadata=ObjectMeta spec=ReplicaSetSpec status=WorkloadStatus
DaemonSet: metadata=ObjectMeta spec=DaemonSetSpec status=WorkloadStatus
StatefulSet: metadata=ObjectMeta spec=StatefulSetSpec status=WorkloadStatus
Job: metadata=ObjectMeta spec=JobSpec status=WorkloadStatus
CronJob: metadata=ObjectMeta spec=CronJobSpec status=any
NetworkPolicy: metadata=ObjectMeta spec=NetworkPolicySpec status=any
Ingress: metadata=ObjectMeta spec=IngressSpec status=ServiceStatus
IngressClass: metadata=ObjectMeta spec=IngressClassSpec
EndpointSlice: metadata=ObjectMeta addressType=string endpoints=[]Endpoint ports=[]EndpointPort
ObjectMeta: name=string generateName=string namespace=string selfLink=string uid=string resourceVersion=string
  generation=int64 creationTimestamp=string deletionTimestamp=string deletionGracePeriodSeconds=int64
  labels={}string annotations={}string ownerReferences=[]OwnerReference finalizers=[]string managedFields=[]any
PodSpec: volumes=[]any initContainers=[]Container containers=[]Container ephemeralContainers=[]any
  restartPolicy=string terminationGracePeriodSeconds=int64 activeDeadlineSeconds=int64 dnsPolicy=string
  nodeSelector={}string serviceAccountName=string serviceAccount=string automountServiceAccountToken=bool
  nodeName=string hostNetwork=bool hostPID=bool hostIPC=bool shareProcessNamespace=bool
  securityContext=PodSecurityContext imagePullSecrets=[]LocalObjectReference hostname=string subdomain=string
  affinity=Affinity schedulerName=string tolerations=[]Toleration hostAliases=[]HostAlias
  priorityClassName=string priority=int32 dnsConfig=PodDNSConfig readinessGates=[]any runtimeClassName=string
  enableServiceLinks=bool preemptionPolicy=string overhead={}Quantity
  topologySpreadConstraints=[]TopologySpreadConstraint setHostnameAsFQDN=bool os=any hostUsers=bool
  schedulingGates=[]any resourceClaims=[]any resources=ResourceRequirements hostnameOverride=string
  schedulingGroup=any evictionResponders=[]any
ServiceSpec: ports=[]ServicePort selector={}string clusterIP=string clusterIPs=[]string type=string
  externalIPs=[]string sessionAffinity=string loadBalancerIP=string loadBalancerSourceRanges=[]string
  externalName=string externalTrafficPolicy=string healthCheckNodePort=int32 publishNotReadyAddresses=bool
  sessionAffinityConfig=SessionAffinityConfig ipFamilies=[]string ipFamilyPolicy=string
  allocateLoadBalancerNodePorts=bool loadBalancerClass=string internalTrafficPolicy=string
  trafficDistribution=string
EndpointSubset: addresses=[]EndpointAddress notReadyAddresses=[]EndpointAddress ports=[]EndpointPort
NamespaceSpec: finalizers=[]string
NodeSpec: podCIDR=string podCIDRs=[]string providerID=string unschedulable=bool taints=[]Taint configSource=any
  externalID=string
ObjectReference: kind=string namespace=string name=string uid=string apiVersion=string resourceVersion=string
  fieldPath=string
LocalObjectReference: name=string
DeploymentSpec: replicas=int32 selector=LabelSelector template=PodTemplateSpec strategy=DeploymentStrategy
  minReadySeconds=int32 revisionHistoryLimit=int32 paused=bool progressDeadlineSeconds=int32
ReplicaSetSpec: replicas=int32 selector=LabelSelector template=PodTemplateSpec minReadySeconds=int32
DaemonSetSpec: selector=LabelSelector template=PodTemplateSpec updateStrategy=any minReadySeconds=int32
  revisionHistoryLimit=int32
StatefulSetSpec: replicas=int32 selector=LabelSelector template=PodTemplateSpec volumeClaimTemplates=[]any
  serviceName=string podManagementPolicy=string updateStrategy=any revisionHistoryLimit=int32
  minReadySeconds=int32 persistentVolumeClaimRetentionPolicy=any ordinals=StatefulSetOrdinals
JobSpec: parallelism=int32 completions=int32 activeDeadlineSeconds=int64 podFailurePolicy=any successPolicy=any
  backoffLimit=int32 backoffLimitPerIndex=int32 maxFailedIndexes=int32 selector=LabelSelector
  manualSelector=bool template=PodTemplateSpec ttlSecondsAfterFinished=int32 completionMode=string suspend=bool
  podReplacementPolicy=string managedBy=string scheduling=any
CronJobSpec: schedule=string timeZone=string startingDeadlineSeconds=int64 concurrencyPolicy=string suspend=bool
  jobTemplate=JobTemplateSpec successfulJobsHistoryLimit=int32 failedJobsHistoryLimit=int32
NetworkPolicySpec: podSelector=LabelSelector ingress=[]NetworkPolicyIngressRule egress=[]NetworkPolicyEgressRule
  policyTypes=[]string
IngressSpec: ingressClassName=string defaultBackend=IngressBackend tls=[]IngressTLS rules=[]IngressRule
IngressClassSpec: controller=string parameters=any
Endpoint: addresses=[]string conditions=EndpointConditions hostname=string targetRef=ObjectReference
  deprecatedTopology={}string nodeName=string zone=string hints=EndpointHints
EndpointPort: name=string protocol=string port=int32 appProtocol=string
OwnerReference: apiVersion=string kind=string name=string uid=string controller=bool blockOwnerDeletion=bool
Container: name=string image=string command=[]string args=[]string workingDir=string ports=[]ContainerPort
  envFrom=[]EnvFromSource env=[]EnvVar resources=ResourceRequirements resizePolicy=[]any restartPolicy=string
  restartPolicyRules=[]any volumeMounts=[]VolumeMount volumeDevices=[]any livenessProbe=Probe
  readinessProbe=Probe startupProbe=Probe lifecycle=any terminationMessagePath=string
  terminationMessagePolicy=string imagePullPolicy=string securityContext=SecurityContext stdin=bool
  stdinOnce=bool tty=bool
PodSecurityContext: seLinuxOptions=any windowsOptions=any runAsUser=int64 runAsGroup=int64 runAsNonRoot=bool
  supplementalGroups=[]int64 supplementalGroupsPolicy=string fsGroup=int64 sysctls=[]any
  fsGroupChangePolicy=string seccompProfile=any appArmorProfile=any seLinuxChangePolicy=string
Affinity: nodeAffinity=NodeAffinity podAffinity=PodAffinity podAntiAffinity=PodAffinity
Toleration: key=string operator=string value=string effect=string tolerationSeconds=int64
HostAlias: ip=string hostnames=[]string
PodDNSConfig: nameservers=[]string searches=[]string options=[]PodDNSConfigOption
TopologySpreadConstraint: maxSkew=int32 topologyKey=string whenUnsatisfiable=string labelSelector=LabelSelector
  minDomains=int32 nodeAffinityPolicy=string nodeTaintsPolicy=string matchLabelKeys=[]string
ResourceRequirements: limits={}Quantity requests={}Quantity claims=[]any
ServicePort: name=string protocol=string appProtocol=string port=int32 targetPort=IntOrString nodePort=int32
SessionAffinityConfig: clientIP=ClientIPConfig
EndpointAddress: ip=string hostname=string nodeName=string targetRef=ObjectReference
Taint: key=string value=string effect=string timeAdded=string
LabelSelector: matchLabels={}string matchExpressions=[]LabelSelectorRequirement
PodTemplateSpec: metadata=ObjectMeta spec=PodSpec
DeploymentStrategy: type=string rollingUpdate=RollingUpdateDeployment
StatefulSetOrdinals: start=int32
JobTemplateSpec: metadata=ObjectMeta spec=JobSpec
NetworkPolicyIngressRule: ports=[]NetworkPolicyPort from=[]NetworkPolicyPeer
NetworkPolicyEgressRule: ports=[]NetworkPolicyPort to=[]NetworkPolicyPeer
IngressBackend: service=IngressServiceBackend resource=TypedLocalObjectReference
IngressTLS: hosts=[]string secretName=string
IngressRule: host=string http=HTTPIngressRuleValue
EndpointConditions: ready=bool serving=bool terminating=bool
EndpointHints: forZones=[]ForName forNodes=[]ForName
ContainerPort: name=string hostPort=int32 containerPort=int32 protocol=string hostIP=string
EnvFromSource: prefix=string configMapRef=any secretRef=any
EnvVar: name=string value=string valueFrom=EnvVarSource
VolumeMount: name=string readOnly=bool recursiveReadOnly=string mountPath=string subPath=string
  mountPropagation=string subPathExpr=string bindMountOptions=[]string
Probe: initialDelaySeconds=int32 timeoutSeconds=int32 periodSeconds=int32 successThreshold=int32
  failureThreshold=int32 terminationGracePeriodSeconds=int64 exec=ExecAction httpGet=HTTPGetAction
  tcpSocket=TCPSocketAction grpc=any
SecurityContext: capabilities=any privileged=bool seLinuxOptions=any windowsOptions=any runAsUser=int64
  runAsGroup=int64 runAsNonRoot=bool readOnlyRootFilesystem=bool allowPrivilegeEscalation=bool procMount=string
  seccompProfile=any appArmorProfile=any
NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution=NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution=[]PreferredSchedulingTerm
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution=[]PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution=[]WeightedPodAffinityTerm
PodDNSConfigOption: name=string value=string
ClientIPConfig: timeoutSeconds=int32
LabelSelectorRequirement: key=string operator=string values=[]string
RollingUpdateDeployment: maxUnavailable=IntOrString maxSurge=IntOrString
NetworkPolicyPort: protocol=string port=IntOrString endPort=int32
NetworkPolicyPeer: podSelector=LabelSelector namespaceSelector=LabelSelector ipBlock=IPBlock
IngressServiceBackend: name=string port=ServiceBackendPort
TypedLocalObjectReference: apiGroup=string kind=string name=string
HTTPIngressRuleValue: paths=[]HTTPIngressPath
ForName: name=string
EnvVarSource: fieldRef=ObjectFieldSelector resourceFieldRef=any configMapKeyRef=ConfigMapKeySelector
  secretKeyRef=SecretKeySelector fileKeyRef=any
ExecAction: command=[]string
HTTPGetAction: path=string port=IntOrString host=string scheme=string httpHeaders=[]HTTPHeader protocol=string
TCPSocketAction: port=IntOrString host=string
NodeSelector: nodeSelectorTerms=[]NodeSelectorTerm
PreferredSchedulingTerm: weight=int32 preference=NodeSelectorTerm
PodAffinityTerm: labelSelector=LabelSelector namespaces=[]string topologyKey=string
  namespaceSelector=LabelSelector matchLabelKeys=[]string mismatchLabelKeys=[]string
WeightedPodAffinityTerm: weight=int32 podAffinityTerm=PodAffinityTerm
IPBlock: cidr=string except=[]string
ServiceBackendPort: name=string number=int32
HTTPIngressPath: path=string pathType=string backend=IngressBackend
ObjectFieldSelector: apiVersion=string fieldPath=string
ConfigMapKeySelector: key=string optional=bool name=string
SecretKeySelector: name=string key=string optional=bool
HTTPHeader: name=string value=string
NodeSelectorTerm: matchExpressions=[]NodeSelectorRequirement matchFields=[]NodeSelectorRequirement
NodeSelectorRequirement: key=string operator=string values=[]string
AnyObject: metadata=ObjectMeta
AdminNetworkPolicy: metadata=ObjectMeta spec=ClusterPolicySpec status=any
BaselineAdminNetworkPolicy: metadata=ObjectMeta spec=ClusterPolicySpec status=any
ClusterNetworkPolicy: metadata=ObjectMeta spec=ClusterPolicySpec status=any
ClusterPolicySpec: tier=string priority=int32 subject=ClusterPolicySubject ingress=[]ClusterPolicyRule
  egress=[]ClusterPolicyRule
ClusterPolicySubject: namespaces=LabelSelector pods=NamespacedPod
NamespacedPod: namespaceSelector=LabelSelector podSelector=LabelSelector
ClusterPolicyRule: name=string action=string from=[]ClusterPolicyPeer to=[]ClusterPolicyPeer
  ports=[]AdminNetworkPolicyPort protocols=[]ClusterPolicyProtocol
ClusterPolicyPeer: namespaces=LabelSelector pods=NamespacedPod nodes=LabelSelector networks=[]string
  domainNames=[]string
AdminNetworkPolicyPort: portNumber=AdminPort portRange=AdminPortRange namedPort=string
AdminPort: protocol=string port=int32
AdminPortRange: protocol=string start=int32 end=int32
ClusterPolicyProtocol: tcp=ClusterPolicyTransport udp=ClusterPolicyTransport sctp=ClusterPolicyTransport
  destinationNamedPort=string
ClusterPolicyTransport: destinationPort=ClusterPolicyPort
ClusterPolicyPort: number=int32 range=ClusterPolicyPortRange
ClusterPolicyPortRange: start=int32 end=int32
PodStatus~: phase=string podIP=string podIPs=[]IPStatus hostIP=string hostIPs=[]IPStatus conditions=[]Condition
IPStatus: ip=string
Condition~: type=string status=string reason=string message=string
ServiceStatus~: loadBalancer=LoadBalancerStatus conditions=[]Condition
LoadBalancerStatus: ingress=[]LoadBalancerIngress
LoadBalancerIngress~: ip=string hostname=string ipMode=string
NodeStatus~: addresses=[]NodeAddress capacity={}Quantity allocatable={}Quantity conditions=[]Condition
NodeAddress: type=string address=string
NamespaceStatus~: phase=string
WorkloadStatus~: replicas=int32 readyReplicas=int32 conditions=[]Condition
`
