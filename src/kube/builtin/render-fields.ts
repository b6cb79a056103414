// The table of fields that schemas of built-in kinds are made of, from the text of client models. `!` follows the type of a required
// field, `[]` and `{}` precede those of lists and maps. Reading and writing files is the script's.

const scalars: ReadonlyMap<string, string> = new Map([
  ['IntOrString', 'int-or-string'],
  ['Date', 'date-time'],
  ['V1MicroTime', 'date-time'],
]);

const nameOf = (type: string, format: string): string => {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return `[]${nameOf(list, format)}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) return `{}${nameOf(map, format)}`;
  if (type === 'number') return format === '' ? 'int32' : format;
  if (type === 'string' && ['quantity', 'byte'].includes(format)) return format;
  return scalars.get(type) ?? type;
};

const field = /"baseName": "([^"]+)",\s+"type": "([^"]+)",\s+"format": "([^"]*)"/g;

export const renderFields = (roots: readonly string[], read: (file: string) => string): string => {
  const table = new Map<string, string>();
  const queue = [...roots];
  for (let model = queue.pop(); model !== undefined; model = queue.pop()) {
    if (table.has(model) || model === 'V1JSONSchemaProps') continue;
    const declared = read(`${model}.d.ts`);
    const fields: Record<string, string> = {};
    for (const [, name = '', type = '', format = ''] of read(`${model}.js`).matchAll(field)) {
      const short = nameOf(type, format);
      const isRequired = declared.includes(`    '${name}': `);
      fields[name] = isRequired ? `${short}!` : short;
      const inner = /[A-Z]\w+$/.exec(short)?.[0];
      if (inner !== undefined) queue.push(inner);
    }
    table.set(model, JSON.stringify(fields));
  }
  const lines = [...table].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `  "${name}": ${text}`);
  return `{\n${lines.join(',\n')}\n}\n`;
};
