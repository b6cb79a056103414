// Groups that are the Kubernetes project's own (*.k8s.io, *.kubernetes.io): a definition in one of them has to say who approved it, or
// that nobody did. Pure. Upstream: apiextensions-apiserver, annotation api-approved.kubernetes.io.

export const approvalAnnotation = 'api-approved.kubernetes.io';

export interface Approval {
  /** Of the condition KubernetesAPIApprovalPolicyConformant. */
  readonly status: 'True' | 'False';
  readonly reason: 'MissingAnnotation' | 'UnapprovedAnnotation' | 'ApprovedAnnotation' | 'InvalidAnnotation';
  readonly message: string;
}

const advice = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** undefined: the group is anybody's. */
export function judgeApproval(
  group: string,
  annotations: Readonly<Record<string, string>> | undefined,
): Approval | undefined {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group)) return undefined;
  const said = annotations?.[approvalAnnotation] ?? '';
  const must = `protected groups must have approval annotation "${approvalAnnotation}"`;
  if (said === '') return { status: 'False', reason: 'MissingAnnotation', message: `${must}, ${advice}` };
  if (said.startsWith('unapproved')) {
    return { status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: "${said}"` };
  }
  if (isUrl(said)) return { status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${said}` };
  const message = `${must} with either a URL or a reason starting with "unapproved", ${advice}`;
  return { status: 'False', reason: 'InvalidAnnotation', message };
}

/** With a scheme and a host. */
function isUrl(text: string): boolean {
  return /^[a-zA-Z][-a-zA-Z0-9+.]*:\/\/[^/?#\s]/.test(text) && URL.canParse(text);
}
