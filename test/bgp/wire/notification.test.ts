// Words for every code and subcode that IANA lists, and the wrap of RFC 8538.

import test from 'ava';
import fc from 'fast-check';
import {
  describeNotification,
  encodeNotification,
  encodeShutdownText,
  explainNotification,
  isHardReset,
  unwrapHardReset,
  wrapInHardReset,
} from '#bgp/wire/notification.ts';
import { fromHex, toHex } from './bytes.ts';

/** IANA "BGP Error (Notification) Codes" and their subcodes: RFC 4271, 4486, 6608, 7313, 8538, 9234, 9384, 9687. */
const named: readonly (readonly [code: number, subcodes: readonly number[]])[] = [
  [1, [0, 1, 2, 3]],
  [2, [0, 1, 2, 3, 4, 5, 6, 7, 11]],
  [3, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  [4, [0]],
  [5, [0, 1, 2, 3]],
  [6, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  [7, [0, 1]],
  [8, [0]],
];

test('every code and subcode has words of its own, the others have their number', (t) => {
  const seen = new Set<string>();
  for (const [code, subcodes] of named) {
    for (const subcode of subcodes) {
      const words = describeNotification(code, subcode);
      t.notRegex(words, /\d|Unknown/, `${code}/${subcode}`);
      t.false(seen.has(words), words);
      seen.add(words);
    }
    t.regex(describeNotification(code, 200), /subcode 200/);
  }
  t.is(seen.size, 44);
  t.is(describeNotification(6, 10), 'Cease/BFD Down');
  t.is(describeNotification(8, 0), 'Send Hold Timer Expired');
  t.is(describeNotification(2, 11), 'OPEN Message Error/Role Mismatch');
  t.is(describeNotification(0, 0), 'Unknown Error 0/0');
});

test('a Hard Reset carries the NOTIFICATION that it stands for, octet by octet (RFC 8538 §3)', (t) => {
  const wrapped = wrapInHardReset({ code: 6, subcode: 2, data: encodeShutdownText('bye') });
  t.is(
    toHex(encodeNotification(wrapped.code, wrapped.subcode, wrapped.data).subarray(16)),
    '001b0306090602' + '03627965',
  );
  t.true(isHardReset(wrapped.code, wrapped.subcode));
  t.is(explainNotification(wrapped), 'Cease/Hard Reset (Cease/Administrative Shutdown): bye');
});

test('a Hard Reset that is cut short is one all the same, and says nothing else (RFC 8538 §3)', (t) => {
  for (const data of ['', '06']) {
    const message = { code: 6, subcode: 9, data: fromHex(data) };
    t.is(unwrapHardReset(message), undefined);
    t.is(explainNotification(message), 'Cease/Hard Reset');
  }
  const cutText = { code: 6, subcode: 9, data: fromHex('0602 ff 6162') };
  t.is(explainNotification(cutText), 'Cease/Hard Reset (Cease/Administrative Shutdown)');
  const nested = { code: 6, subcode: 9, data: fromHex('0609 0603') };
  t.is(explainNotification(nested), 'Cease/Hard Reset (Cease/Hard Reset)');
});

test('what is wrapped comes out again', (t) => {
  const octet = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(octet, octet, fc.uint8Array({ maxLength: 300 }), (code, subcode, data) => {
      t.deepEqual(unwrapHardReset(wrapInHardReset({ code, subcode, data })), { code, subcode, data });
      t.is(
        code === 6 && subcode === 9 ? 'wrapped' : typeof unwrapHardReset({ code, subcode, data }),
        code === 6 && subcode === 9 ? 'wrapped' : 'undefined',
      );
    }),
  );
});
