// A whole speaker and the slow one side by side: whatever happens, happens to both. Sessions, routes, End-of-RIB, another process in
// place of ours, and the comparison of everything. What happens when is history.ts's.

import type { FamilyName } from '#bgp/net/family.ts';
import { FakeClock } from '#support/fake-clock.ts';
import { describe, type ModelAttributes, noAttributes } from '../rib/model-route.ts';
import { compareWhole } from './compare-whole.ts';
import { FarEnd } from './far-end.ts';
import { familyNames, type ModelFamily, type ModelNeighbor } from './model-neighbor.ts';
import { ModelWhole } from './model-speaker.ts';
import { announcement, endOfRib, type FarEncoding, keepalive, open as openMessage } from './octets-out.ts';
import { RealSpeaker } from './real-speaker.ts';
import {
  chooseIdentity,
  chooseNeighbor,
  chooseOpen,
  type Chooser,
  configOf,
  faceOf,
  ownNextHop,
  policies,
  type Settings,
} from './setting.ts';

export interface Party {
  readonly neighbor: ModelNeighbor;
  readonly setting: ModelNeighbor['setting'];
  readonly settings: Settings;
  far: FarEnd | undefined;
  /** It has broken the protocol, and is refused for a while. */
  isInDisgrace: boolean;
}

/** What a history was made of, for whoever wants to know what was compared. */
export type Tally = Record<string, number>;

export class Stage {
  readonly log: string[] = [];
  readonly tally: Tally;
  protected readonly choose: Chooser;
  protected readonly clock = new FakeClock();
  protected readonly model: ModelWhole;
  protected readonly parties: Party[] = [];
  protected networks: { prefix: string; origin: 'igp' | 'incomplete' }[] = [];
  protected real: RealSpeaker;

  constructor(choose: Chooser, tally: Tally) {
    this.tally = tally;
    this.choose = choose;
    const identity = chooseIdentity(this.choose);
    this.model = new ModelWhole(identity);
    const count = 2 + this.choose.below(4);
    for (let index = 0; index < count; index++) {
      // Numbered in another order than that of their addresses.
      const host = 1 + ((index * 7 + 3) % 11);
      const setting = chooseNeighbor(this.choose, index, host, identity.confederation !== undefined);
      const settings = {
        importPolicy: this.choose.below(policies.length),
        exportPolicy: this.choose.below(policies.length),
        isNextHopSelf: this.choose.chance(0.3),
        addPathLimit: this.choose.below(4),
        allowAsIn: this.choose.chance(0.2) ? 1 : 0,
        isShutdown: false,
      };
      const neighbor = this.model.add(setting, index + 1, host, policies[settings.importPolicy]);
      neighbor.allowAsIn = settings.allowAsIn;
      this.parties.push({ neighbor, setting, settings, far: undefined, isInDisgrace: false });
      this.log.push(`neighbor ${JSON.stringify({ ...setting, ...settings })}`);
    }
    this.real = this.makeSpeaker();
    this.real.speaker.configure(this.config());
  }

  protected connect(party: Party): void {
    const { neighbor, setting } = party;
    const open = chooseOpen(this.choose, setting);
    this.log.push(`connect ${setting.address} ${textOf(open)}`);
    const before = party.far;
    const far = new FarEnd(this.real.nextConnection(), open);
    if (!this.real.accept(far, setting.address)) {
      if (neighbor.isShutdown || party.isInDisgrace) return;
      throw new Error(`${setting.address} was refused`);
    }
    if (neighbor.isShutdown) throw new Error(`${setting.address} is shut down and was taken`);
    this.compareOpen(neighbor, far);
    party.isInDisgrace = false;
    this.send(far, openMessage(open));
    if (before !== undefined) {
      // RFC 4724 §5: the old session goes without a NOTIFICATION.
      if (!before.isClosed || before.notified !== undefined) throw new Error('the old session still stands');
      this.model.lost(neighbor, 'broken');
    }
    this.send(far, keepalive());
    if (far.isClosed) throw new Error(`${setting.address} was closed: ${far.notified}`);
    party.far = far;
    this.model.established(neighbor, open);
    for (const { name, peer } of neighbor.families) {
      if (!open.families.includes(name)) continue;
      const hasIds = setting.sendsPaths && open.takesPaths.includes(name);
      peer.session = {
        exportPolicy: policies[party.settings.exportPolicy],
        nextHop: ownNextHop[name],
        isNextHopSelf: party.settings.isNextHopSelf,
        addPathLimit: hasIds ? party.settings.addPathLimit : undefined,
        isLongLivedAware: neighbor.longLivedOf(open, name) !== undefined,
      };
    }
    this.count('sessions');
    if (neighbor.families.some(({ phase }) => phase === 'resending')) this.count('came back');
    // Most peers send something at once, and say that it was all.
    if (this.choose.chance(0.6)) this.resend(party);
    if (this.choose.chance(0.5)) for (const family of neighbor.families) this.endFamily(party, family);
  }

  protected compareOpen(neighbor: ModelNeighbor, far: FarEnd): void {
    const { setting } = neighbor;
    const isFull = setting.restart === 'full';
    const expected =
      setting.restart === 'off'
        ? undefined
        : {
            isRestarting: isFull && this.model.showsRestart,
            hasNotification: setting.hasNotification,
            timeSec: setting.restartTimeSec,
            families: isFull
              ? familyNames.map((name, index) => [index + 1, this.model.showsForwarding(neighbor, name)])
              : [],
          };
    const seen = far.restart === undefined ? undefined : { ...far.restart, families: [...far.restart.families] };
    if (!far.hasOpen || JSON.stringify(seen) !== JSON.stringify(expected)) {
      throw new Error(`graceful restart in our OPEN: ${JSON.stringify(seen)}, expected ${JSON.stringify(expected)}`);
    }
  }

  protected announce(
    { far, neighbor, setting }: Party,
    family: ModelFamily,
    prefix: string,
    pathId: number,
    route: ModelAttributes,
  ): void {
    if (far === undefined) return;
    this.log.push(`announce ${setting.address} ${prefix}#${pathId} ${describe(route)}`);
    const encoding = this.encodingOf(neighbor, family.name);
    this.send(far, announcement(family.name, { prefix, pathId }, route, encoding));
    this.model.announce(neighbor, family, prefix, pathId, route);
    this.count('announced');
  }

  /** Some of what the peer has announced before, in this session or the last one. */
  protected resend(party: Party, share = 0.6): void {
    const { neighbor } = party;
    for (const family of neighbor.families) {
      if (!neighbor.has(family.name)) continue;
      for (const { prefix, path } of this.choose.some(family.model.pathsOf(family.peer), share)) {
        const pathId = neighbor.hasPathIds(family.name) ? Math.max(1, path.pathId) : 0;
        const { attributes } = path;
        // An external peer sends no LOCAL_PREF, an internal one always does.
        this.announce(party, family, prefix, pathId, attributes);
      }
    }
  }

  protected endFamily({ far, neighbor, setting }: Party, family: ModelFamily): void {
    if (far === undefined || !neighbor.has(family.name)) return;
    this.log.push(`End-of-RIB ${setting.address} ${family.name}`);
    this.send(far, endOfRib(family.name));
    this.model.endOfRib(neighbor, family);
  }

  protected announceNetworks(): void {
    for (const name of familyNames) {
      const model = this.model.models[name];
      const [local] = model.peers;
      model.removePeer(local);
      for (const { prefix, origin } of this.networks) {
        if (!faceOf[name].prefixes.includes(prefix)) continue;
        model.announce(local, prefix, { ...noAttributes, origin: origin === 'igp' ? 0 : 2 }, false);
      }
    }
  }

  /** This speaker dies, or ends, and another process takes its place. */
  protected restartHere(): void {
    const isRestarting = this.choose.chance(0.8);
    const preserved = isRestarting ? this.choose.some(familyNames, 0.7) : [];
    this.log.push(`restart here ${isRestarting} ${preserved.join(' ')}`);
    if (this.choose.chance(0.3)) this.real.speaker.stop('restart');
    this.real.kill();
    for (const party of this.parties) {
      party.far = undefined;
      party.isInDisgrace = false;
    }
    const shutDown = this.parties.filter(({ settings }) => settings.isShutdown).map(({ neighbor }) => neighbor);
    this.model.begin(isRestarting, preserved, shutDown);
    this.announceNetworks();
    this.real = this.makeSpeaker();
    this.real.speaker.begin({ isRestarting, preservedFamilies: preserved });
    this.real.speaker.configure(this.config());
    this.count('restarts here');
  }

  protected synchronise(): void {
    this.log.push('sources synchronised');
    this.real.speaker.sourcesSynchronised();
    this.model.hasSynchronised = true;
  }

  protected config(): ReturnType<typeof configOf> {
    return configOf(this.model.identity, this.parties, this.networks);
  }

  protected makeSpeaker(): RealSpeaker {
    return new RealSpeaker(this.clock, this.model);
  }

  protected send(far: FarEnd, bytes: Uint8Array): void {
    const cut = this.choose.chance(0.1) ? 1 + this.choose.below(bytes.length) : bytes.length;
    this.real.receive(far, bytes.slice(0, cut));
    if (cut < bytes.length) this.real.receive(far, bytes.slice(cut));
  }

  protected encodingOf(neighbor: ModelNeighbor, family: FamilyName): FarEncoding {
    return {
      hasFourOctetAsn: neighbor.session?.hasFourOctetAsn === true,
      hasPathIds: neighbor.hasPathIds(family),
    };
  }

  protected count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }

  protected compare(): void {
    this.count('compared');
    const farOf = (neighbor: ModelNeighbor): FarEnd | undefined =>
      this.parties.find((party) => party.neighbor === neighbor)?.far;
    compareWhole(this.model, this.real.speaker, farOf);
  }
}

function textOf(open: FarEnd['said']): string {
  return JSON.stringify(open, (_, value: unknown) => (value instanceof Map ? [...value] : value));
}
