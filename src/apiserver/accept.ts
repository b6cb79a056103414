// In which form an answer is wanted, from the Accept header: JSON or YAML, as the object itself, as rows of a table, or as its
// metadata alone. Kubernetes API concepts, "Alternate representations of resources".

import { ApiError } from '#kube/api/api-error.ts';

export interface Form {
  readonly media: 'json' | 'yaml';
  /** `v1` or `v1beta1` of meta.k8s.io; undefined: the object itself. */
  readonly as:
    | {
        readonly kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
        readonly version: string;
        /** Of a table: what stands beside the cells. */
        readonly includeObject: 'None' | 'Metadata' | 'Object';
      }
    | undefined;
}

/** One of what is accepted: a media type, its parameters in small letters. */
export interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const plain: Form = { media: 'json', as: undefined };
const maxLength = 4096;

/** In order of preference; q-values order them, and 0 takes one away. */
export function readAccept(header: string | undefined): readonly MediaRange[] {
  return (header ?? '')
    .slice(0, maxLength)
    .split(',')
    .flatMap((text) => readRange(text) ?? [])
    .map((range) => ({ range, quality: Number(range.parameters.get('q') ?? 1) }))
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ range }) => range);
}

function readRange(text: string): MediaRange | undefined {
  const [type, ...rest] = text.split(';').map((part) => part.trim());
  if (type === '') return undefined;
  const pairs = rest.flatMap((part): readonly [string, string][] => {
    const at = part.indexOf('=');
    return at < 0 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()]];
  });
  return { type: type.toLowerCase(), parameters: new Map(pairs) };
}

/** The first that we have. Throws ApiError NotAcceptable. */
export function chooseForm(header: string | undefined, includeObject: string): Form {
  if (includeObject !== 'None' && includeObject !== 'Metadata' && includeObject !== 'Object') {
    throw new ApiError(
      'BadRequest',
      `includeObject: invalid value ${JSON.stringify(includeObject)}: expected None, Metadata or Object`,
    );
  }
  const ranges = readAccept(header);
  if ((header ?? '').trim() === '') return plain;
  for (const { type, parameters } of ranges) {
    const media = mediaOf(type);
    if (media === undefined) continue;
    const kind = parameters.get('as');
    if (kind === undefined) return { media, as: undefined };
    const version = parameters.get('v') ?? 'v1';
    const isOurs = parameters.get('g') === 'meta.k8s.io' && (version === 'v1' || version === 'v1beta1');
    if (isOurs && isForm(kind)) return { media, as: { kind, version, includeObject } };
  }
  throw new ApiError(
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml',
  );
}

function mediaOf(type: string): Form['media'] | undefined {
  switch (type) {
    case 'application/json':
    case 'application/*':
    case '*/*':
      return 'json';
    case 'application/yaml':
      return 'yaml';
    default:
      return undefined;
  }
}

function isForm(kind: string): kind is NonNullable<Form['as']>['kind'] {
  return kind === 'Table' || kind === 'PartialObjectMetadata' || kind === 'PartialObjectMetadataList';
}
