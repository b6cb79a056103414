// An End-of-RIB that comes before any route does not end the selection deferral at once (RFC 4724 §4.1); one behind routes does.

import test from 'ava';
import { defaultGracefulRestart } from '#support/session-defaults.ts';
import type { Speaker } from '#bgp/speaker.ts';
import { neighborConfig, neighborView, networks, speakerConfig, SpeakerLab } from '#support/speaker-lab.ts';

const HERE = '192.0.2.1';
const PEER = '192.0.2.2';
const neighbor = (address: string) =>
  neighborConfig({
    address,
    families: ['ipv4-unicast'],
    gracefulRestart: { ...defaultGracefulRestart, mode: 'full' },
  });

/** We have restarted, and the peer announces these networks. */
function comeBack(...prefixes: readonly string[]): { lab: SpeakerLab; speaker: Speaker; peer: Speaker } {
  const lab = new SpeakerLab();
  const { speaker } = lab.add('here', [HERE]);
  const { speaker: peer } = lab.add('peer', [PEER]);
  peer.configure(
    speakerConfig({ asn: 65002, routerId: PEER, neighbors: [neighbor(HERE)], networks: networks(...prefixes) }),
  );
  speaker.begin({ isRestarting: true, preservedFamilies: ['ipv4-unicast'] });
  speaker.configure(speakerConfig({ asn: 65001, routerId: HERE, neighbors: [neighbor(PEER)] }));
  speaker.sourcesSynchronised();
  lab.pass(1);
  return { lab, speaker, peer };
}

test('an End-of-RIB before any route counts after three seconds', (t) => {
  const { lab, speaker } = comeBack();
  t.true(neighborView(speaker, PEER).families[0].hasEndOfRibReceived);
  t.true(speaker.view().restart.isDeferring);
  lab.pass(2);
  t.true(speaker.view().restart.isDeferring);
  lab.pass(2);
  t.false(speaker.view().restart.isDeferring);
});

test('an End-of-RIB behind routes counts at once', (t) => {
  const { speaker } = comeBack('10.2.0.0/16');
  t.true(neighborView(speaker, PEER).families[0].hasEndOfRibReceived);
  t.false(speaker.view().restart.isDeferring);
});

test('an End-of-RIB of a session that was lost since does not count', (t) => {
  const { lab, speaker, peer } = comeBack();
  lab.kill(peer);
  lab.pass(5);
  t.true(speaker.view().restart.isDeferring);
});
