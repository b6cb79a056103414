// Random histories of a whole speaker against the slow one (model-speaker.ts): sessions come, fall and come back with graceful restart
// of every sort, routes, policies, refreshes, reflection and add-path go on meanwhile, and now and then the speaker itself restarts.
// After each event, or after some, every table and what each peer must believe are compared, with ages, timers and flags of OPENs.

import { randomFrom } from '#support/seed.ts';
import { familyNames, type End, type ModelFamily } from './model-neighbor.ts';
import { message, notification, refresh, withdrawal } from './octets-out.ts';
import { Chooser, chooseRoute, faceOf, policies } from './setting.ts';
import { type Party, Stage, type Tally } from './stage.ts';

export class WholeHistory extends Stage {
  private readonly isLazy: boolean;
  private readonly isShutDownByFile: boolean;

  constructor(seed: number, tally: Tally = {}) {
    super(new Chooser(randomFrom(seed)), tally);
    this.isLazy = this.choose.chance(0.5);
    this.isShutDownByFile = this.choose.chance(0.5);
  }

  /** Plays events; throws with the log when something does not agree. */
  play(events: number): void {
    try {
      for (let event = 0; event < events; event++) {
        this.step();
        if (this.isLazy && event < events - 1 && this.choose.chance(0.7)) {
          if (this.choose.chance(0.5)) this.real.speaker.work();
          continue;
        }
        this.real.settle();
        this.compare();
      }
      this.end();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const setup = this.log.slice(0, this.parties.length);
      throw new Error(`${text}\n${[...setup, ...this.log.slice(-40)].join('\n')}`, { cause: error });
    }
  }

  private step(): void {
    const up = this.parties.filter(({ neighbor }) => neighbor.session !== undefined);
    const down = this.parties.filter(({ neighbor }) => neighbor.session === undefined);
    const roll = this.choose.below(1000);
    if (roll < 100 || up.length === 0) {
      if (down.length > 0) this.connect(this.choose.pick(down));
      return;
    }
    const party = this.choose.pick(up);
    if (roll < 430) this.announceSome(party);
    else if (roll < 500) this.withdrawOne(party);
    else if (roll < 590) this.sendEndOfRib(party);
    else if (roll < 650) this.loseSession(party);
    else if (roll < 670) this.reconnect(party);
    else if (roll < 740) this.pass();
    else if (roll < 800) this.sendRefresh(party);
    else if (roll < 820) this.askAgain(party);
    else if (roll < 890) this.changeSettings(this.choose.pick(this.parties));
    else if (roll < 915) this.changeNetworks();
    else if (roll < 940) this.changeNextHops();
    else if (roll < 950) this.drain();
    else if (roll < 965) this.shutdown(this.choose.pick(this.parties));
    else if (roll < 980) this.restartHere();
    else this.synchronise();
  }

  private reconnect(party: Party): void {
    const { neighbor } = party;
    const { session } = neighbor;
    if (session === undefined) return;
    const isKnownToRestart = (neighbor.restartOf(session)?.families.size ?? 0) > 0;
    // Ours: not within five seconds, when the connections may have crossed.
    if (isKnownToRestart && this.model.nowMs - neighbor.establishedMs >= 5000) this.connect(party);
  }

  private loseSession(party: Party): void {
    const { neighbor, far, setting } = party;
    if (far === undefined) return;
    const end: End = this.choose.chance(0.6) ? 'broken' : this.choose.chance(0.7) ? 'notification' : 'hard';
    this.log.push(`lose ${setting.address} ${end}`);
    party.far = undefined;
    if (end === 'broken') {
      far.isClosed = true;
      this.real.speaker.connectionClosed(far.connection, this.choose.chance(0.5) ? 'read ECONNRESET' : undefined);
    } else if (end === 'notification') {
      // The peer's, or ours for a message that is none.
      party.isInDisgrace = this.choose.chance(0.3);
      const [code, subcode] = this.choose.pick([
        [6, 2],
        [6, 4],
        [4, 0],
        [3, 1],
        [5, 3],
      ] as const);
      this.send(far, party.isInDisgrace ? message(9, []) : notification(code, subcode));
    } else if (this.choose.chance(0.5)) this.send(far, notification(6, 9));
    else {
      this.log.push('  by an operator');
      this.real.speaker.clear(setting.address, 'hard');
      this.model.clear(neighbor);
    }
    if (!far.isClosed) throw new Error(`the session with ${setting.address} goes on`);
    this.model.lost(neighbor, end);
    this.count(`lost: ${end}`);
    if (neighbor.families.some(({ phase }) => phase !== 'none')) this.count('kept');
  }

  private announceSome(party: Party): void {
    const family = this.familyOf(party);
    for (let count = 1 + this.choose.below(3); count > 0; count--) {
      const prefix = this.choose.pick(faceOf[family.name].prefixes);
      const pathId = party.neighbor.hasPathIds(family.name) ? 1 + this.choose.below(3) : 0;
      this.announce(
        party,
        family,
        prefix,
        pathId,
        chooseRoute(this.choose, party.setting, family.name, this.model.identity),
      );
    }
  }

  private withdrawOne({ far, neighbor, setting }: Party): void {
    const family = this.choose.pick(neighbor.families.filter(({ name }) => neighbor.has(name)));
    const known = family.model.pathsOf(family.peer);
    const hasIds = neighbor.hasPathIds(family.name);
    const prefix =
      known.length > 0 && this.choose.chance(0.7)
        ? this.choose.pick(known).prefix
        : this.choose.pick(faceOf[family.name].prefixes);
    const pathId = hasIds ? 1 + this.choose.below(3) : 0;
    if (far === undefined) return;
    this.log.push(`withdraw ${setting.address} ${prefix}#${pathId}`);
    this.send(far, withdrawal(family.name, { prefix, pathId }, this.encodingOf(neighbor, family.name)));
    family.model.withdraw(family.peer, prefix, pathId);
  }

  private sendEndOfRib(party: Party): void {
    const waiting = party.neighbor.families.filter(({ phase }) => phase === 'resending');
    this.endFamily(party, waiting.length > 0 ? this.choose.pick(waiting) : this.familyOf(party));
  }

  /** BoRR and EoRR, in order or not, with routes between them. */
  private sendRefresh(party: Party): void {
    const { far, neighbor, setting } = party;
    const family = this.familyOf(party);
    if (far === undefined) return;
    const subtype = this.choose.pick([0, 1, 1, 2]);
    this.log.push(`refresh ${setting.address} ${family.name} ${subtype}`);
    this.send(far, refresh(family.name, subtype));
    if (subtype === 1) neighbor.refreshBegun(family, this.model.nowMs);
    if (subtype === 2) neighbor.refreshEnded(family);
    if (subtype !== 1 || this.choose.chance(0.5)) return;
    this.resend(party, 0.5);
    this.log.push(`refresh ${setting.address} ${family.name} 2`);
    this.send(far, refresh(family.name, 2));
    neighbor.refreshEnded(family);
  }

  /** An operator wants everything again, of theirs or of ours; nothing changes by that. */
  private askAgain(party: Party): void {
    const kind = this.choose.pick(['soft-in', 'soft-out', 'soft'] as const);
    this.log.push(`${kind} ${party.setting.address}`);
    const asked = (): number =>
      familyNames.reduce((sum, name) => sum + (party.far?.tables[name].refreshesAsked ?? 0), 0);
    const before = asked();
    this.real.speaker.clear(party.setting.address, kind);
    if (kind !== 'soft-out' && asked() === before) throw new Error('no ROUTE-REFRESH was sent');
  }

  private pass(): void {
    const ms = this.choose.pick([500, 1000, 3000, 7000, 15_000, 40_000, 100_000]) + this.choose.below(2000);
    this.log.push(`${ms} ms pass`);
    this.clock.advance(ms);
    this.model.pass(ms);
  }

  private changeSettings(party: Party): void {
    const { neighbor, setting, settings } = party;
    if (this.choose.chance(0.5)) settings.importPolicy = this.choose.below(policies.length);
    if (this.choose.chance(0.5)) settings.exportPolicy = this.choose.below(policies.length);
    if (this.choose.chance(0.2)) settings.isNextHopSelf = !settings.isNextHopSelf;
    if (this.choose.chance(0.2)) settings.addPathLimit = this.choose.below(4);
    // What is there stays as it was judged until it comes again: the peer is asked for it.
    if (this.choose.chance(0.1)) settings.allowAsIn = 1 - settings.allowAsIn;
    neighbor.allowAsIn = settings.allowAsIn;
    this.log.push(`configure ${setting.address} ${JSON.stringify(settings)}`);
    for (const { peer } of neighbor.families) {
      peer.importPolicy = policies[settings.importPolicy];
      if (peer.session === undefined) continue;
      peer.session.exportPolicy = policies[settings.exportPolicy];
      peer.session.isNextHopSelf = settings.isNextHopSelf;
      if (peer.session.addPathLimit !== undefined) peer.session.addPathLimit = settings.addPathLimit;
    }
    this.real.speaker.configure(this.config());
  }

  private changeNetworks(): void {
    this.networks = familyNames.flatMap((name) =>
      this.choose
        .some(faceOf[name].prefixes, 0.2)
        .map((prefix) => ({ prefix, origin: this.choose.pick(['igp', 'incomplete'] as const) })),
    );
    this.log.push(`networks ${JSON.stringify(this.networks)}`);
    this.announceNetworks();
    this.real.speaker.configure(this.config());
  }

  private changeNextHops(): void {
    const nextHop = this.choose.pick(faceOf[this.choose.pick(familyNames)].nextHops);
    const { metrics, unreachable } = this.model;
    if (this.choose.chance(0.5)) {
      if (!unreachable.delete(nextHop)) unreachable.add(nextHop);
    } else metrics.set(nextHop, this.choose.below(3) * 10);
    this.log.push(`next hop ${nextHop} ${unreachable.has(nextHop) ? 'unreachable' : metrics.get(nextHop)}`);
    this.real.speaker.nextHopsChanged();
  }

  private drain(): void {
    const isDraining = !this.model.models['ipv4-unicast'].isDraining;
    this.log.push(`drain ${isDraining}`);
    for (const name of familyNames) this.model.models[name].isDraining = isDraining;
    this.real.speaker.drain(undefined, isDraining);
  }

  /** By order or by configuration, one of them for the whole of a history. */
  private shutdown(party: Party): void {
    const isShutdown = !party.neighbor.isShutdown;
    this.log.push(`shutdown ${party.setting.address} ${isShutdown}`);
    if (this.isShutDownByFile) {
      party.settings.isShutdown = isShutdown;
      this.real.speaker.configure(this.config());
    } else this.real.speaker.shutdown(party.setting.address, isShutdown, undefined);
    this.model.shutdown(party.neighbor, isShutdown);
    if (party.neighbor.session === undefined) party.far = undefined;
  }

  /** At the end everything goes, and nothing may be left behind. */
  private end(): void {
    this.synchronise();
    this.real.settle();
    this.compare();
    this.networks = [];
    this.announceNetworks();
    this.real.speaker.configure(this.config());
    for (const party of this.parties) {
      const { neighbor, setting } = party;
      this.log.push(`end of ${setting.address}`);
      party.far = undefined;
      if (!neighbor.isShutdown) this.real.speaker.shutdown(setting.address, true, undefined);
      this.model.shutdown(neighbor, true);
    }
    this.real.settle();
    this.compare();
    const { attributeSets, families } = this.real.speaker.view();
    const left = [attributeSets, ...families.flatMap(({ prefixes, paths }) => [prefixes, paths])];
    if (left.some((value) => value !== 0)) throw new Error(`sets, prefixes and paths are left: ${left.join(' ')}`);
  }

  private familyOf({ neighbor }: Party): ModelFamily {
    return this.choose.pick(neighbor.families.filter(({ name }) => neighbor.has(name)));
  }
}

export function playWholeHistories(seed: number, histories: number, events: number, tally: Tally = {}): void {
  for (let index = 0; index < histories; index++) {
    try {
      new WholeHistory(seed + index, tally).play(events);
    } catch (error) {
      throw new Error(`history with seed ${seed + index}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
}
