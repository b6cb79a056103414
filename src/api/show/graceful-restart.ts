// Graceful restart of one neighbor as FRR shows it: `gracefulRestartInfo` of the JSON and the lines below `Graceful restart
// information:` (RFC 4724, 8538, 9494). FRR's modes: Disable, Helper, Restart; our own words are off, helper, full.

import { familyByName } from '#bgp/net/family.ts';
import type { NeighborFamilyView, NeighborView, RestartMode } from '#bgp/views.ts';

const modeWords: Readonly<Record<RestartMode, string>> = { off: 'Disable', helper: 'Helper', full: 'Restart' };

function jsonKeyOf(view: NeighborFamilyView): string {
  return familyByName(view.family)?.jsonKey ?? view.family;
}

function titleOf(view: NeighborFamilyView): string {
  return familyByName(view.family)?.title ?? view.family;
}

function localMode({ session }: NeighborView): string {
  return modeWords[session.restart.localMode];
}

function remoteMode({ session }: NeighborView): string {
  const { remoteMode: mode } = session.restart;
  return mode === undefined ? 'NotApplicable' : modeWords[mode];
}

function listNegotiated(neighbor: NeighborView): readonly NeighborFamilyView[] {
  return neighbor.families.filter((view) => view.isNegotiated);
}

function longLivedSecOf(neighbor: NeighborView, view: NeighborFamilyView): number | undefined {
  return neighbor.session.restart.families.find(({ family }) => family === view.family)?.longLivedSec;
}

export function describeGracefulRestart(neighbor: NeighborView, selectionDeferralSec: number): object {
  const { restart } = neighbor.session;
  const marked = (isMarked: (view: NeighborFamilyView) => boolean): object =>
    Object.fromEntries(
      listNegotiated(neighbor)
        .filter(isMarked)
        .map((view) => [jsonKeyOf(view), true]),
    );
  const remaining = neighbor.gracefulRestart.restartRemainingSec;
  return {
    endOfRibSend: marked((view) => view.hasEndOfRibSent),
    endOfRibRecv: marked((view) => view.hasEndOfRibReceived),
    localGrMode: localMode(neighbor),
    remoteGrMode: remoteMode(neighbor),
    rBit: restart.isRestartingThere,
    nBit: restart.hasNotificationThere,
    timers: {
      configuredRestartTimer: restart.configuredRestartSec ?? 0,
      receivedRestartTimer: restart.receivedRestartSec ?? 0,
      ...(restart.configuredLongLivedSec === undefined
        ? {}
        : { configuredLlgrStaleTime: restart.configuredLongLivedSec }),
      ...(remaining === undefined ? {} : { restartTimerRemaining: remaining }),
    },
    ...Object.fromEntries(
      listNegotiated(neighbor).map((view) => [jsonKeyOf(view), describeFamily(neighbor, view, selectionDeferralSec)]),
    ),
  };
}

/** FRR calls the peer's F-bit `fBit`. `staleRoutes`, `staleTimerRemaining` and `isLongLived` are our own. */
function describeFamily(neighbor: NeighborView, view: NeighborFamilyView, selectionDeferralSec: number): object {
  const { restart } = neighbor.session;
  const longLivedSec = longLivedSecOf(neighbor, view);
  return {
    fBit: view.isForwardingPreservedByPeer === true,
    endOfRibStatus: {
      endOfRibSend: view.hasEndOfRibSent,
      endOfRibSentAfterUpdate: view.hasEndOfRibSent,
      endOfRibRecv: view.hasEndOfRibReceived,
    },
    timers: {
      stalePathTimer: restart.configuredStalePathSec ?? 0,
      // FRR prints its stale path time under this name; here it is what it says.
      ...(restart.localMode === 'full' ? { selectionDeferralTimer: selectionDeferralSec } : {}),
      ...(longLivedSec === undefined ? {} : { llgrStaleTime: longLivedSec }),
      ...(view.staleRemainingSec === undefined ? {} : { staleTimerRemaining: view.staleRemainingSec }),
    },
    staleRoutes: view.stale,
    isLongLived: view.isLongLived,
  };
}

function yesNo(value: boolean): string {
  return value ? 'True' : 'False';
}

export function renderGracefulRestart(neighbor: NeighborView, selectionDeferralSec: number): string[] {
  const { restart } = neighbor.session;
  const titles = (isMarked: (view: NeighborFamilyView) => boolean): string =>
    listNegotiated(neighbor).filter(isMarked).map(titleOf).join(', ');
  const sent = titles((view) => view.hasEndOfRibSent);
  const received = titles((view) => view.hasEndOfRibReceived);
  const remaining = neighbor.gracefulRestart.restartRemainingSec;
  return [
    '  Graceful restart information:',
    ...(sent === '' ? [] : [`    End-of-RIB send: ${sent}`]),
    ...(received === '' ? [] : [`    End-of-RIB received: ${received}`]),
    `    Local GR Mode: ${localMode(neighbor)}`,
    `    Remote GR Mode: ${remoteMode(neighbor)}`,
    `    R bit: ${yesNo(restart.isRestartingThere)}`,
    `    N bit: ${yesNo(restart.hasNotificationThere)}`,
    '    Timers:',
    `      Configured Restart Time(sec): ${restart.configuredRestartSec ?? 0}`,
    `      Received Restart Time(sec): ${restart.receivedRestartSec ?? 0}`,
    ...(restart.configuredLongLivedSec === undefined
      ? []
      : [`      Configured LLGR Stale Path Time(sec): ${restart.configuredLongLivedSec}`]),
    ...(remaining === undefined ? [] : [`      Restart Time Remaining(sec): ${remaining}`]),
    ...listNegotiated(neighbor).flatMap((view) => renderFamily(neighbor, view, selectionDeferralSec)),
  ];
}

function renderFamily(neighbor: NeighborView, view: NeighborFamilyView, selectionDeferralSec: number): string[] {
  const longLivedSec = longLivedSecOf(neighbor, view);
  return [
    `    ${titleOf(view)}:`,
    `      F bit: ${yesNo(view.isForwardingPreservedByPeer === true)}`,
    `      End-of-RIB sent: ${view.hasEndOfRibSent ? 'Yes' : 'No'}`,
    `      End-of-RIB received: ${view.hasEndOfRibReceived ? 'Yes' : 'No'}`,
    '      Timers:',
    `        Configured Stale Path Time(sec): ${neighbor.session.restart.configuredStalePathSec ?? 0}`,
    ...(neighbor.session.restart.localMode === 'full'
      ? [`        Configured Selection Deferral Time(sec): ${selectionDeferralSec}`]
      : []),
    ...(longLivedSec === undefined ? [] : [`        LLGR Stale Path Time(sec): ${longLivedSec}`]),
    ...(view.stale === 0
      ? []
      : [
          `      Stale routes: ${view.stale}${view.isLongLived ? ' (long-lived)' : ''}, kept for ${view.staleRemainingSec ?? 0} more seconds`,
        ]),
  ];
}
