// The document of OpenAPI v2 as protobuf, the one form in which kubectl asks for it. Pure. The messages are gnostic's (openapi.v2):
// maps are lists of names and values, and what may be anything is YAML text, which JSON is.

import { isJsonObject, type Json, type JsonObject } from '#kube/api/object.ts';

/** Number of a field, and what it holds: a scalar, a message, `[]` a list, `{}` a map that is a message with a list of its entries. */
type Fields = Readonly<Record<string, readonly [number: number, type: string]>>;

const parameter: Fields = { required: [1, 'bool'], in: [2, 'string'], description: [3, 'string'], name: [4, 'string'] };

const messages: Readonly<Record<string, Fields>> = {
  Document: {
    swagger: [1, 'string'],
    info: [2, 'Info'],
    paths: [8, 'Paths'],
    definitions: [9, '{}Schema'],
  },
  Info: { title: [1, 'string'], version: [2, 'string'] },
  PathItem: {
    get: [2, 'Operation'],
    put: [3, 'Operation'],
    post: [4, 'Operation'],
    delete: [5, 'Operation'],
    patch: [8, 'Operation'],
    parameters: [9, '[]ParametersItem'],
    'x-': [10, 'Extension'],
  },
  Operation: {
    description: [3, 'string'],
    operationId: [5, 'string'],
    produces: [6, '[]string'],
    consumes: [7, '[]string'],
    parameters: [8, '[]ParametersItem'],
    responses: [9, 'Responses'],
    'x-': [13, 'Extension'],
  },
  body: {
    description: [1, 'string'],
    name: [2, 'string'],
    in: [3, 'string'],
    required: [4, 'bool'],
    schema: [5, 'Schema'],
  },
  query: { ...parameter, type: [6, 'string'], format: [7, 'string'], uniqueItems: [20, 'bool'] },
  path: { ...parameter, type: [5, 'string'], format: [6, 'string'], uniqueItems: [19, 'bool'] },
  Response: { description: [1, 'string'], schema: [2, 'SchemaItem'] },
  SchemaItem: { schema: [1, 'Schema'] },
  Schema: {
    $ref: [1, 'string'],
    format: [2, 'string'],
    title: [3, 'string'],
    description: [4, 'string'],
    default: [5, 'Any'],
    multipleOf: [6, 'double'],
    maximum: [7, 'double'],
    exclusiveMaximum: [8, 'bool'],
    minimum: [9, 'double'],
    exclusiveMinimum: [10, 'bool'],
    maxLength: [11, 'int64'],
    minLength: [12, 'int64'],
    pattern: [13, 'string'],
    maxItems: [14, 'int64'],
    minItems: [15, 'int64'],
    uniqueItems: [16, 'bool'],
    maxProperties: [17, 'int64'],
    minProperties: [18, 'int64'],
    required: [19, '[]string'],
    enum: [20, '[]Any'],
    additionalProperties: [21, 'AdditionalProperties'],
    type: [22, 'TypeItem'],
    items: [23, 'ItemsItem'],
    properties: [25, '{}Schema'],
    'x-': [31, 'Extension'],
  },
};

export function encodeOpenApiV2(document: JsonObject): Uint8Array {
  return encodeMessage(document, 'Document');
}

function encodeMessage(value: JsonObject, type: string): Buffer {
  const fields = messages[type];
  const parts = Object.entries(value).flatMap(([name, field]): readonly Buffer[] => {
    if (field === undefined) return [];
    if (name.startsWith('x-') && fields['x-'] !== undefined) {
      return [delimited(fields['x-'][0], named(name, encodeAny(field)))];
    }
    if (!Object.hasOwn(fields, name)) return [];
    const [number, what] = fields[name];
    if (!what.startsWith('[]')) return [encodeField(number, what, field)];
    const items = Array.isArray(field) ? field : [];
    return items.map((item: Json) => encodeField(number, what.slice(2), item));
  });
  return Buffer.concat(parts);
}

function encodeField(number: number, type: string, value: Json): Buffer {
  switch (type) {
    case 'string':
      return delimited(number, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
    case 'bool':
      return Buffer.concat([varint(number << 3), varint(value === true ? 1 : 0)]);
    case 'int64':
      return Buffer.concat([varint(number << 3), varint(Number(value))]);
    case 'double': {
      const octets = Buffer.alloc(8);
      octets.writeDoubleLE(Number(value));
      return Buffer.concat([varint((number << 3) | 1), octets]);
    }
    default:
      return delimited(number, encodeInner(type, value));
  }
}

/** What stands within a message's field: another message, or one of the wrappers that stand for a choice. */
function encodeInner(type: string, value: Json): Buffer {
  const fields = isJsonObject(value) ? value : {};
  switch (type) {
    case 'Any':
      return encodeAny(value);
    case '{}Schema':
      return encodeEntries(fields, 1, 'Schema');
    case 'Paths':
      return encodeEntries(fields, 2, 'PathItem');
    case 'Responses':
      return Buffer.concat(
        Object.entries(fields).map(([code, response]) =>
          // Of a response or a reference, the first.
          delimited(1, named(code, delimited(1, encodeInner('Response', response ?? {})))),
        ),
      );
    case 'ParametersItem': {
      const isIn = fields['in'];
      if (isIn === 'body') return delimited(1, delimited(1, encodeMessage(fields, 'body')));
      const other =
        isIn === 'path' ? delimited(4, encodeMessage(fields, 'path')) : delimited(3, encodeMessage(fields, 'query'));
      return delimited(1, delimited(2, other));
    }
    case 'AdditionalProperties':
      return isJsonObject(value) ? delimited(1, encodeMessage(value, 'Schema')) : encodeField(2, 'bool', value);
    case 'TypeItem':
      return encodeField(1, 'string', value);
    case 'ItemsItem':
      return delimited(1, encodeMessage(fields, 'Schema'));
    default:
      return encodeMessage(fields, type);
  }
}

function encodeEntries(entries: JsonObject, number: number, type: string): Buffer {
  return Buffer.concat(
    Object.entries(entries).map(([name, value]) => delimited(number, named(name, encodeInner(type, value ?? {})))),
  );
}

function named(name: string, value: Buffer): Buffer {
  return Buffer.concat([delimited(1, Buffer.from(name)), delimited(2, value)]);
}

function encodeAny(value: Json): Buffer {
  return delimited(2, Buffer.from(`${JSON.stringify(value)}\n`));
}

function delimited(number: number, octets: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(octets.length), octets]);
}

/** Of a whole number up to 2^53; a negative one stands as two's complement of 64 bits. */
function varint(value: number): Buffer {
  const octets: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  while (rest >= 128n) {
    octets.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  octets.push(Number(rest));
  return Buffer.from(octets);
}
