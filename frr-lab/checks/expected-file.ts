// Reads a topology's expected.json: which routes a node must have received from which neighbor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asArray, asRecord, at, parseJson, readString } from '../json.ts';
import { LabError } from '../lab-error.ts';
import type { LabPaths } from '../paths.ts';
import type { Route } from './route.ts';

export type ExpectedRoute = Route & { readonly at: string; readonly from: string };

export function readExpectedRoutes(lab: LabPaths): readonly ExpectedRoute[] {
  const file = join(lab.source, 'expected.json');
  const routes = asArray(at(parseJson(readFileSync(file, 'utf8')), 'routes')).map((entry, index): ExpectedRoute => {
    const text = (key: string): string => {
      const value = readString(entry, key);
      if (value === undefined) throw new LabError(`${file}: routes[${index}].${key} is not a text`);
      return value;
    };
    const list = (key: string): readonly string[] => asArray(asRecord(entry)[key]).map(String).toSorted();
    return {
      at: text('at'),
      from: text('from'),
      prefix: text('prefix'),
      nextHop: text('nextHop'),
      asPath: text('asPath'),
      communities: list('communities'),
      largeCommunities: list('largeCommunities'),
    };
  });
  if (routes.length === 0) throw new LabError(`${file} expects nothing`);
  return routes;
}
