// The verbs of Kubernetes on objects of any kind, over a store: reading, and writing with everything that an API server does on the
// way (identity, defaults, validation, optimistic concurrency, patches, finalizers, managed fields). HTTP is src/apiserver's, what is
// particular to a kind its rules'. Kubernetes API conventions; API concepts.

import { alreadyExists, ApiError, invalid, notFound } from '../api/api-error.ts';
import type {
  Api,
  DeleteOptions,
  ListAnswer,
  ListOptions,
  ObjectTarget,
  Patch,
  Selection,
  Target,
  WatchEvent,
  Watching,
  WatchOptions,
  WriteOptions,
} from '../api/api-port.ts';
import type { KubeObject, ObjectKey } from '../api/object.ts';
import type { Resource } from '../api/resource.ts';
import { isHeld, markEnding, withFinalizers } from './endings.ts';
import type { Admit, KindRules } from './kind-rules.ts';
import { ListPages } from './list-pages.ts';
import type { Patches } from './patches.ts';
import { apiVersionOf, checkName, readObject, readPatched } from './read-object.ts';
import { eventFor, type Selects } from './selection.ts';
import { checkRevision, exactVersion } from './resource-version.ts';
import { isSameJson } from '../api/same-json.ts';
import { readScale, scaleOf, withScale } from './scale.ts';
import { changeStored, keyOf, showEvent, toVersion } from './stored-form.ts';
import type { Storage } from './storage.ts';
import { compareVersions } from './version-order.ts';
import { checkDeletionPreconditions } from './deletion-preconditions.ts';
import { beginLife, checkPreconditions, continueLife, endLife, isOver, type Stamp, recount } from './write-rules.ts';

export { compareVersions, keyOf };

export interface RegistryDeps {
  readonly storage: Storage;
  /** Everything that is served now. */
  readonly resources: () => readonly Resource[];
  readonly rulesOf: (resource: Resource) => KindRules;
  readonly patches: Patches;
  readonly admit?: Admit | undefined;
  /** What is said beside the answer of a write that made `object` of `before`; undefined: nothing. */
  readonly warningsOf?: (resource: Resource, object: KubeObject, before: KubeObject | undefined) => readonly string[];
  /** Throws ApiError BadRequest. */
  readonly readSelection: (resource: Resource, selection: Selection) => Selects;
  readonly nowMs: () => number;
  readonly makeUid: () => string;
  /** Five characters behind a generateName. */
  readonly makeSuffix: () => string;
}

const keptLists = { keepMs: 300_000, maxLists: 64 };
const bookmarkMs = 60_000;
const generateTries = 8;

export class Registry implements Api {
  readonly #deps: RegistryDeps;
  readonly #pages: ListPages;

  constructor(deps: RegistryDeps) {
    this.#deps = deps;
    this.#pages = new ListPages(keptLists, deps.nowMs);
  }

  resources(): readonly Resource[] {
    return this.#deps.resources();
  }

  preferredVersion(group: string): string | undefined {
    const versions = new Set(
      this.resources().flatMap((resource) => (resource.group === group ? [resource.version] : [])),
    );
    return [...versions].toSorted(compareVersions)[0];
  }

  get(target: ObjectTarget): KubeObject {
    const object = this.#read(target);
    checkSubresource(target);
    return target.subresource === 'scale' ? scaleOf(object, target.resource) : object;
  }

  list({ resource, namespace }: Target, options: ListOptions): ListAnswer {
    const { storage } = this.#deps;
    checkRevision(options.resourceVersion, storage.revision);
    const exact = exactVersion(options);
    const page =
      options.continueToken === undefined
        ? this.#firstPage(resource, namespace, options, exact)
        : this.#pages.next(options.continueToken, options.limit);
    return {
      items: page.items.map((object) => toVersion(object, resource)),
      resourceVersion: String(page.revision),
      continueToken: page.continueToken,
      remainingItemCount: page.remainingItemCount,
    };
  }

  watch({ resource, namespace }: Target, options: WatchOptions, told: (event: WatchEvent) => void): Watching {
    const { storage, readSelection } = this.#deps;
    const selects = readSelection(resource, options);
    const from = options.resourceVersion ?? '';
    // As upstream: a watch from a version that is still to come waits for it, and only one that wants a list first is refused.
    checkRevision(from, options.sendInitialEvents ? storage.revision : Infinity);
    const isFromNow = from === '' || from === '0' || options.sendInitialEvents;
    let revision = isFromNow ? storage.revision : Number(from);
    const tell = (type: WatchEvent['type'], object: KubeObject): void => {
      told({ type, object: toVersion(object, resource) });
    };
    const bookmark = (annotations?: Readonly<Record<string, string>>): void => {
      const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
      told({ type: 'BOOKMARK', object: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata } });
    };
    const initial = isFromNow ? this.#all(resource, namespace).filter((object) => selects?.(object) !== false) : [];
    let isClosed = false;
    const watching = storage.watch(
      keyOf(resource),
      namespace,
      revision,
      (event) => {
        ({ revision } = event);
        const seen = eventFor(showEvent(event, resource), selects);
        if (seen !== undefined) tell(seen.type, seen.object);
      },
      (error) => {
        const status = error instanceof ApiError ? error : new ApiError('InternalError', error.message);
        told({ type: 'ERROR', object: status.status() });
      },
    );
    // After this call, and before anything that changed since: changes are told in later turns.
    queueMicrotask(() => {
      if (isClosed) return;
      for (const object of initial) tell('ADDED', object);
      if (options.sendInitialEvents) bookmark({ 'k8s.io/initial-events-end': 'true' });
    });
    const timer = options.allowBookmarks
      ? setInterval(() => {
          revision = Math.max(revision, watching.position);
          bookmark();
        }, bookmarkMs)
      : undefined;
    timer?.unref();
    return {
      close: () => {
        isClosed = true;
        clearInterval(timer);
        watching.close();
      },
    };
  }

  // --- writing ----------------------------------------------------------------------------------------

  async create(target: Target, body: unknown, options: WriteOptions): Promise<KubeObject> {
    const { resource } = target;
    const namespace = target.namespace ?? '';
    const given = readObject(body, resource, target.namespace);
    this.#warnOf(resource, options);
    const { name, generateName = '' } = given.metadata;
    if (name === undefined || name === '') {
      if (generateName === '') {
        throw invalid(resource.group, resource.kind, '', [
          {
            reason: 'FieldValueRequired',
            message: 'Required value: name or generateName is required',
            field: 'metadata.name',
          },
        ]);
      }
      return this.#createNamed(target, given, namespace, generateName, options);
    }
    return this.#insert(target, given, namespace, name, options);
  }

  async #createNamed(
    target: Target,
    given: KubeObject,
    namespace: string,
    generateName: string,
    options: WriteOptions,
  ): Promise<KubeObject> {
    for (let tries = 1; ; tries++) {
      const name = `${generateName.slice(0, 58)}${this.#deps.makeSuffix()}`;
      try {
        return await this.#insert(target, given, namespace, name, options);
      } catch (error) {
        const isTaken = error instanceof ApiError && error.reason === 'AlreadyExists';
        if (!isTaken || tries === generateTries) throw error;
      }
    }
  }

  async #insert(
    { resource }: Target,
    given: KubeObject,
    namespace: string,
    name: string,
    options: WriteOptions,
  ): Promise<KubeObject> {
    return this.#write({ resource, namespace, name }, options, (latest) => {
      if (latest !== undefined) throw alreadyExists(resource.group, resource.plural, name);
      this.#checkNamespace(resource, namespace);
      return this.#born(resource, given, namespace, name, options);
    });
  }

  #born(resource: Resource, given: KubeObject, namespace: string, name: string, options: WriteOptions): KubeObject {
    const pruned = this.#prune(resource, given, options);
    const object = this.#prepare(resource, beginLife(pruned, name, namespace, resource, this.#stamp()), undefined);
    return this.#deps.patches.track(undefined, object, resource, undefined, options, this.#nowText());
  }

  async update(target: ObjectTarget, body: unknown, options: WriteOptions): Promise<KubeObject> {
    const { resource, name } = target;
    checkSubresource(target);
    if (target.subresource === 'scale') {
      return this.#scale(target, options, (live) => ({ live, scale: readScale(body) }));
    }
    const given = readObject(body, resource, target.namespace);
    this.#warnOf(resource, options);
    checkName(given, name);
    return this.#write({ resource, namespace: target.namespace ?? '', name }, options, (latest) => {
      if (latest === undefined) throw notFound(resource.group, resource.plural, name);
      if (target.subresource === 'finalize') {
        checkPreconditions(given.metadata, latest, resource);
        return this.#checked(resource, withFinalizers(latest, given), latest);
      }
      return this.#replace(target, this.#prune(resource, given, options), latest, options);
    });
  }

  async patch(
    target: ObjectTarget,
    patch: Patch,
    options: WriteOptions,
  ): Promise<{ readonly object: KubeObject; readonly isCreated: boolean }> {
    const { resource, name } = target;
    const { patches } = this.#deps;
    const namespace = target.namespace ?? '';
    let isCreated = false;
    checkSubresource(target);
    if (target.subresource === 'finalize') {
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
    }
    if (target.subresource === 'scale') {
      const patched = (live: KubeObject): ScaleChange => ({
        live,
        scale: readScale(patches.patch(scaleOf(live, resource), patch, resource)),
      });
      return { object: await this.#scale(target, options, patched), isCreated };
    }
    this.#warnOf(resource, options);
    const object = await this.#write({ resource, namespace, name }, options, (latest) => {
      if (patch.type === 'application/apply-patch+yaml') {
        if ((isCreated = latest === undefined)) this.#checkCreation(target, patch);
        const applied = this.#prune(resource, readObject(patch.body, resource, target.namespace), options);
        checkName(applied, name);
        const merged = patches.apply(latest, applied, resource, target.subresource, patch, options, this.#nowText());
        if (latest !== undefined) return this.#kept(target, merged, latest);
        const { managedFields } = merged.metadata;
        const born = this.#prepare(resource, beginLife(merged, name, namespace, resource, this.#stamp()), undefined);
        return { ...born, metadata: { ...born.metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
      }
      if (latest === undefined) throw notFound(resource.group, resource.plural, name);
      const shown = toVersion(latest, resource);
      const patched = readPatched(patches.patch(shown, patch, resource), resource, target.namespace);
      if (patched.metadata.name !== name) {
        throw new ApiError('BadRequest', 'the name of the object cannot be changed by a patch');
      }
      return this.#replace(target, this.#prune(resource, patched, options), latest, options);
    });
    return { object, isCreated };
  }

  /** Answers the Scale as it is afterwards. */
  async #scale(
    target: ObjectTarget,
    options: WriteOptions,
    change: (live: KubeObject) => ScaleChange,
  ): Promise<KubeObject> {
    const { resource, name } = target;
    const written = await this.#write({ resource, namespace: target.namespace ?? '', name }, options, (latest) => {
      if (latest === undefined) throw notFound(resource.group, resource.plural, name);
      const { live, scale } = change(toVersion(latest, resource));
      checkPreconditions(scale.metadata, latest, resource);
      return this.#replace({ ...target, subresource: undefined }, withScale(live, scale, resource), latest, options);
    });
    return scaleOf(written, resource);
  }

  /** The object that a caller wants in the place of the one there is, with the fields that it changed as the caller's. */
  #replace(target: ObjectTarget, given: KubeObject, live: KubeObject, options: WriteOptions): KubeObject {
    const next = this.#kept(target, given, live);
    return this.#deps.patches.track(live, next, target.resource, target.subresource, options, this.#nowText());
  }

  #kept({ resource, subresource }: ObjectTarget, given: KubeObject, live: KubeObject): KubeObject {
    const next = continueLife(given, live, subresource === 'status' ? 'status' : undefined, resource);
    const { managedFields } = given.metadata;
    const kept = managedFields === undefined ? next : { ...next, metadata: { ...next.metadata, managedFields } };
    return recount(this.#prepare(resource, kept, live), live, resource);
  }

  async delete(target: ObjectTarget, options: DeleteOptions, write: WriteOptions): Promise<KubeObject> {
    const { resource, name } = target;
    const last = await this.#change({ resource, namespace: target.namespace ?? '', name }, write, (latest) => {
      if (latest === undefined) throw notFound(resource.group, resource.plural, name);
      checkDeletionPreconditions(options.preconditions, latest, resource);
      const nowText = this.#nowText();
      const marked = markEnding(latest, resource, nowText);
      const { propagationPolicy, gracePeriodSeconds = 0 } = options;
      const isKept = isHeld(marked, resource);
      const { object, isDeleted } = endLife(marked, propagationPolicy, gracePeriodSeconds, nowText, isKept);
      return isDeleted ? 'delete' : object;
    });
    // Of a dry run: as it is.
    return toVersion(last ?? this.#read(target), resource);
  }

  async deleteCollection(
    target: Target,
    selection: Selection,
    options: DeleteOptions,
    write: WriteOptions,
  ): Promise<readonly KubeObject[]> {
    const { resource } = target;
    const selects = this.#deps.readSelection(resource, selection);
    const chosen = this.#all(resource, target.namespace).filter((object) => selects?.(object) !== false);
    const deleted = await Promise.all(
      chosen.map(async ({ metadata: { name = '', namespace } }) => {
        try {
          return await this.delete({ resource, namespace, name, subresource: undefined }, options, write);
        } catch (error) {
          // Somebody else was faster.
          if (error instanceof ApiError && error.reason === 'NotFound') return undefined;
          throw error;
        }
      }),
    );
    return deleted.filter((object) => object !== undefined);
  }

  // --- small things -----------------------------------------------------------------------------------

  /** An object that is written and answered, in the version asked for. */
  async #write(
    at: { readonly resource: Resource; readonly namespace: string; readonly name: string },
    options: WriteOptions,
    change: (latest: KubeObject | undefined) => KubeObject,
  ): Promise<KubeObject> {
    let [before, next]: readonly (KubeObject | undefined)[] = [];
    const written = await this.#change(at, options, (latest) => {
      before = latest;
      next = change(latest);
      this.#deps.admit?.(at.resource, next, latest, options.caller);
      if (latest !== undefined && isOver(next) && !isHeld(next, at.resource)) return 'delete';
      return latest !== undefined && isSameJson(next, latest) ? undefined : next;
    });
    const answered = written ?? next;
    if (answered === undefined) throw notFound(at.resource.group, at.resource.plural, at.name);
    for (const text of this.#deps.warningsOf?.(at.resource, answered, before) ?? []) options.warn(text);
    return toVersion(answered, at.resource);
  }

  async #change(
    { resource, namespace, name }: { readonly resource: Resource; readonly namespace: string; readonly name: string },
    { isDryRun }: WriteOptions,
    change: (latest: KubeObject | undefined) => KubeObject | 'delete' | undefined,
  ): Promise<KubeObject | undefined> {
    const { storage } = this.#deps;
    const key: ObjectKey = { resource: keyOf(resource), namespace, name };
    let wanted: KubeObject | 'delete' | undefined;
    const written = await storage.write(
      key,
      changeStored(resource, (latest) => {
        wanted = change(latest);
        return isDryRun ? undefined : wanted;
      }),
    );
    return isDryRun && wanted !== 'delete' ? wanted : written;
  }

  #read({ resource, namespace, name }: ObjectTarget): KubeObject {
    const object = this.#deps.storage.get({ resource: keyOf(resource), namespace: namespace ?? '', name });
    if (object === undefined) throw notFound(resource.group, resource.plural, name);
    return toVersion(object, resource);
  }

  /** As they are stored, but for kinds that are stored as others. */
  #all(resource: Resource, namespace: string | undefined, revision?: number): readonly KubeObject[] {
    const { storage } = this.#deps;
    const key = keyOf(resource);
    const all = revision === undefined ? storage.list(key, namespace) : storage.listAt(key, namespace, revision);
    return resource.storedAs === undefined ? all : all.map((object) => toVersion(object, resource));
  }

  #firstPage(
    resource: Resource,
    namespace: string | undefined,
    options: ListOptions,
    exact: number | undefined,
  ): ReturnType<ListPages['first']> {
    const { storage, readSelection } = this.#deps;
    const selects = readSelection(resource, options);
    const all = this.#all(resource, namespace, exact);
    const items = selects === undefined ? all : all.filter((object) => selects(object));
    return this.#pages.first(items, exact ?? storage.revision, options.limit);
  }

  /** Unknown fields are dropped, and refused or told as the caller wishes. */
  #prune(resource: Resource, object: KubeObject, { fieldValidation, warn }: WriteOptions): KubeObject {
    const { object: pruned, unknown } = this.#deps.rulesOf(resource).prune(object);
    if (unknown.length === 0 || fieldValidation === 'Ignore') return pruned;
    const words = unknown.map((path) => `unknown field "${path}"`);
    if (fieldValidation === 'Strict') {
      throw new ApiError(
        'BadRequest',
        `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${words.join(', ')}`,
      );
    }
    for (const word of words) warn(word);
    return pruned;
  }

  /** Defaults, then everything that is wrong at once. */
  #prepare(resource: Resource, object: KubeObject, before: KubeObject | undefined): KubeObject {
    return this.#checked(resource, this.#deps.rulesOf(resource).prepare(object, before), before);
  }

  #checked(resource: Resource, object: KubeObject, before: KubeObject | undefined): KubeObject {
    const causes = this.#deps.rulesOf(resource).validate(object, before);
    if (causes.length > 0) throw invalid(resource.group, resource.kind, object.metadata.name ?? '', causes);
    return object;
  }

  /** Of apply: through subresources nothing is made, and who may change an object may not always make one. */
  #checkCreation({ resource, namespace, name, subresource }: ObjectTarget, { cannotCreate }: Patch): void {
    if (subresource !== undefined) throw notFound(resource.group, resource.plural, name);
    if (cannotCreate !== undefined) throw cannotCreate;
    this.#checkNamespace(resource, namespace ?? '');
  }

  #checkNamespace(resource: Resource, namespace: string): void {
    if (!resource.isNamespaced) return;
    const found = this.#deps.storage.get({ resource: '/namespaces', namespace: '', name: namespace });
    if (found === undefined) throw notFound('', 'namespaces', namespace);
    if (found.metadata.deletionTimestamp === undefined) return;
    const { group, plural } = resource;
    throw new ApiError(
      'Forbidden',
      `${plural}${group === '' ? '' : `.${group}`} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
      {
        ...(group === '' ? {} : { group }),
        kind: plural,
        causes: [
          {
            reason: 'FieldValueForbidden',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      },
    );
  }

  #warnOf({ deprecationWarning }: Resource, { warn }: WriteOptions): void {
    if (deprecationWarning !== undefined) warn(deprecationWarning);
  }

  #stamp(): Stamp {
    return { nowText: this.#nowText(), uid: this.#deps.makeUid() };
  }

  #nowText(): string {
    return `${new Date(this.#deps.nowMs()).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
  }
}

interface ScaleChange {
  readonly live: KubeObject;
  readonly scale: KubeObject;
}

function checkSubresource({ resource, subresource }: ObjectTarget): void {
  if (subresource === undefined) return;
  const isThere = {
    status: resource.hasStatus,
    scale: resource.scale !== undefined,
    finalize: keyOf(resource) === '/namespaces',
  };
  if (isThere[subresource]) return;
  const { group, plural } = resource;
  throw new ApiError('NotFound', 'the server could not find the requested resource', {
    ...(group === '' ? {} : { group }),
    kind: plural,
  });
}
