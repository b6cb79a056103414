// The kinds that kubectl sends as protobuf, with the numbers of their fields (upstream: generated.proto of each API group). Whatever
// else comes so is answered 415: every client of Kubernetes speaks JSON as well.
//
// One text a message: `name=number:type`. `[]T` is a list, `{T}` a map from texts, `?` a field that upstream keeps apart from its empty
// value; without it an empty one is as good as none. A name that begins with a dot is a message whose fields stand in the outer one.

export const messages: Readonly<Record<string, string>> = {
  Unknown: 'typeMeta=1:TypeMeta raw=2:bytes contentEncoding=3:string contentType=4:string',
  TypeMeta: 'apiVersion=1:string kind=2:string',
  ObjectMeta:
    'name=1:string generateName=2:string namespace=3:string selfLink=4:string uid=5:string resourceVersion=6:string generation=7:int ' +
    'creationTimestamp=8:Time deletionTimestamp=9:Time deletionGracePeriodSeconds=10:int? labels=11:{string} annotations=12:{string} ' +
    'ownerReferences=13:[]OwnerReference finalizers=14:[]string',
  OwnerReference:
    'kind=1:string name=3:string uid=4:string apiVersion=5:string controller=6:bool? blockOwnerDeletion=7:bool?',
  LabelSelector: 'matchLabels=1:{string} matchExpressions=2:[]LabelSelectorRequirement',
  LabelSelectorRequirement: 'key=1:string operator=2:string values=3:[]string',
  ObjectReference:
    'kind=1:string namespace=2:string name=3:string uid=4:string apiVersion=5:string resourceVersion=6:string fieldPath=7:string',
  LocalObjectReference: 'name=1:string',

  'v1 ConfigMap': 'metadata=1:ObjectMeta data=2:{string} binaryData=3:{bytes} immutable=4:bool?',
  'v1 Secret': 'metadata=1:ObjectMeta data=2:{bytes} type=3:string stringData=4:{string} immutable=5:bool?',
  'v1 Namespace': 'metadata=1:ObjectMeta spec=2:NamespaceSpec status=3:NamespaceStatus',
  NamespaceSpec: 'finalizers=1:[]string',
  NamespaceStatus: 'phase=1:string',
  'v1 ServiceAccount':
    'metadata=1:ObjectMeta secrets=2:[]ObjectReference imagePullSecrets=3:[]LocalObjectReference automountServiceAccountToken=4:bool?',
  'v1 Service': 'metadata=1:ObjectMeta spec=2:ServiceSpec status=3:ServiceStatus',
  ServiceSpec:
    'ports=1:[]ServicePort selector=2:{string} clusterIP=3:string type=4:string externalIPs=5:[]string sessionAffinity=7:string ' +
    'loadBalancerIP=8:string loadBalancerSourceRanges=9:[]string externalName=10:string externalTrafficPolicy=11:string ' +
    'healthCheckNodePort=12:int publishNotReadyAddresses=13:bool ipFamilyPolicy=17:string? clusterIPs=18:[]string ' +
    'ipFamilies=19:[]string allocateLoadBalancerNodePorts=20:bool? loadBalancerClass=21:string? internalTrafficPolicy=22:string? ' +
    'trafficDistribution=23:string?',
  ServicePort:
    'name=1:string protocol=2:string port=3:int targetPort=4:IntOrString nodePort=5:int appProtocol=6:string?',
  ServiceStatus: 'loadBalancer=1:LoadBalancerStatus',
  LoadBalancerStatus: 'ingress=1:[]LoadBalancerIngress',
  LoadBalancerIngress: 'ip=1:string hostname=2:string ipMode=3:string?',

  'apps/v1 Deployment': 'metadata=1:ObjectMeta spec=2:DeploymentSpec status=3:DeploymentStatus',
  DeploymentSpec:
    'replicas=1:int? selector=2:LabelSelector template=3:PodTemplateSpec strategy=4:DeploymentStrategy minReadySeconds=5:int ' +
    'revisionHistoryLimit=6:int? paused=7:bool progressDeadlineSeconds=9:int?',
  DeploymentStrategy: 'type=1:string rollingUpdate=2:RollingUpdate?',
  RollingUpdate: 'maxUnavailable=1:IntOrString maxSurge=2:IntOrString',
  DeploymentStatus:
    'observedGeneration=1:int replicas=2:int updatedReplicas=3:int availableReplicas=4:int unavailableReplicas=5:int readyReplicas=7:int',
  PodTemplateSpec: 'metadata=1:ObjectMeta spec=2:PodSpec',
  // What kubectl's generators fill in; a template with more is sent as JSON by whoever writes it.
  PodSpec:
    'containers=2:[]Container restartPolicy=3:string terminationGracePeriodSeconds=4:int? activeDeadlineSeconds=5:int? dnsPolicy=6:string ' +
    'nodeSelector=7:{string} serviceAccountName=8:string serviceAccount=9:string nodeName=10:string hostNetwork=11:bool hostPID=12:bool ' +
    'hostIPC=13:bool imagePullSecrets=15:[]LocalObjectReference hostname=16:string subdomain=17:string schedulerName=19:string ' +
    'initContainers=20:[]Container automountServiceAccountToken=21:bool? priorityClassName=24:string',
  Container:
    'name=1:string image=2:string command=3:[]string args=4:[]string workingDir=5:string ports=6:[]ContainerPort env=7:[]EnvVar ' +
    'resources=8:Resources terminationMessagePath=13:string imagePullPolicy=14:string stdin=16:bool stdinOnce=17:bool tty=18:bool ' +
    'terminationMessagePolicy=20:string',
  ContainerPort: 'name=1:string hostPort=2:int containerPort=3:int protocol=4:string hostIP=5:string',
  EnvVar: 'name=1:string value=2:string',
  Resources: 'limits=1:{Quantity} requests=2:{Quantity}',
  Quantity: 'string=1:string',

  'networking.k8s.io/v1 Ingress': 'metadata=1:ObjectMeta spec=2:IngressSpec status=3:IngressStatus',
  IngressSpec: 'defaultBackend=1:IngressBackend? tls=2:[]IngressTls rules=3:[]IngressRule ingressClassName=4:string?',
  IngressBackend: 'resource=3:TypedLocalObjectReference? service=4:IngressServiceBackend?',
  TypedLocalObjectReference: 'apiGroup=1:string? kind=2:string name=3:string',
  IngressServiceBackend: 'name=1:string port=2:ServiceBackendPort',
  ServiceBackendPort: 'name=1:string number=2:int',
  IngressTls: 'hosts=1:[]string secretName=2:string',
  IngressRule: 'host=1:string .value=2:IngressRuleValue',
  IngressRuleValue: 'http=1:HttpRule?',
  HttpRule: 'paths=1:[]HttpPath',
  HttpPath: 'path=1:string backend=2:IngressBackend pathType=3:string?',
  IngressStatus: 'loadBalancer=1:LoadBalancerStatus',

  'rbac.authorization.k8s.io/v1 Role': 'metadata=1:ObjectMeta rules=2:[]PolicyRule',
  'rbac.authorization.k8s.io/v1 ClusterRole':
    'metadata=1:ObjectMeta rules=2:[]PolicyRule aggregationRule=3:AggregationRule?',
  AggregationRule: 'clusterRoleSelectors=1:[]LabelSelector',
  PolicyRule:
    'verbs=1:[]string apiGroups=2:[]string resources=3:[]string resourceNames=4:[]string nonResourceURLs=5:[]string',
  'rbac.authorization.k8s.io/v1 RoleBinding': 'metadata=1:ObjectMeta subjects=2:[]Subject roleRef=3:RoleRef',
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': 'metadata=1:ObjectMeta subjects=2:[]Subject roleRef=3:RoleRef',
  Subject: 'kind=1:string apiGroup=2:string name=3:string namespace=4:string',
  RoleRef: 'apiGroup=1:string kind=2:string name=3:string',

  'authorization.k8s.io/v1 SelfSubjectAccessReview':
    'metadata=1:ObjectMeta spec=2:AccessReviewSpec status=3:AccessReviewStatus',
  'authorization.k8s.io/v1 SubjectAccessReview':
    'metadata=1:ObjectMeta spec=2:AccessReviewSpec status=3:AccessReviewStatus',
  'authorization.k8s.io/v1 SelfSubjectRulesReview':
    'metadata=1:ObjectMeta spec=2:RulesReviewSpec status=3:RulesReviewStatus',
  AccessReviewSpec:
    'resourceAttributes=1:ResourceAttributes? nonResourceAttributes=2:NonResourceAttributes? user=3:string groups=4:[]string uid=6:string',
  ResourceAttributes:
    'namespace=1:string verb=2:string group=3:string version=4:string resource=5:string subresource=6:string name=7:string',
  NonResourceAttributes: 'path=1:string verb=2:string',
  AccessReviewStatus: 'allowed=1:bool reason=2:string evaluationError=3:string denied=4:bool',
  RulesReviewSpec: 'namespace=1:string',
  RulesReviewStatus: 'incomplete=3:bool evaluationError=4:string',
  'authentication.k8s.io/v1 SelfSubjectReview': 'metadata=1:ObjectMeta status=2:SelfSubjectReviewStatus',
  SelfSubjectReviewStatus: 'userInfo=1:UserInfo',
  UserInfo: 'username=1:string uid=2:string groups=3:[]string',
};
