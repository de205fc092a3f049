'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const {sdk, rows, hash, create, payload} = require('./emulator');
const vectors = require('../vectors.json');

test('the hashing helper agrees with what Meta prints, and the emulator takes it', async () => {
  const setters = {em: 'setEmail', ph: 'setPhone', fn: 'setFirstName', country: 'setCountry'};
  const audience = await create();
  for (const {field, key, value, hash: want} of vectors) {
    const person = new sdk.UserData();
    person[setters[field]](value);
    const [got] = [person.normalize()[field]].flat();
    assert.equal(got, want, `${field} of ${value}`);
    // A name or a country alone reaches nobody, so an e-mail stands beside it.
    const row = key === 'EMAIL' ? {EMAIL: got} : {EMAIL: hash(value), [key]: got};
    const answer = await audience.createUser([], payload(Object.keys(row), Object.values(row)));
    assert.equal(answer.num_invalid_entries, 0);
    assert.ok((await rows(audience.id)).some(r => r[key] === want), `${key} is held`);
  }
});

test('add as JSON, remove by the query string', async () => {
  const audience = await create();
  const [a, b] = [hash('a'), hash('b')];
  const added = await audience.createUser([], payload(['EMAIL', 'FN'], [a, hash('x')], [b, '']));
  assert.equal(added.audience_id, audience.id);
  assert.equal(added.num_received, 2);
  assert.equal(added.num_invalid_entries, 0);
  assert.match(added.session_id, /^\d+$/);
  assert.equal((await rows(audience.id)).length, 2);

  const removed = await audience.deleteUsers(payload(['EMAIL'], [a]));
  assert.equal(removed.num_received, 1);
  assert.deepEqual(await rows(audience.id), [{EMAIL: b}]);
});

test('invalid rows are named and the others kept', async () => {
  const audience = await create();
  const answer = await audience.createUser([], payload(['EMAIL', 'EXTERN_ID'], [hash('a'), 'u1'], [hash('b'), '']));
  assert.equal(answer.num_received, 2);
  assert.equal(answer.num_invalid_entries, 1);
  assert.deepEqual(answer.invalid_entry_samples, {[JSON.stringify([hash('b'), ''])]: 'empty external ID'});
  assert.deepEqual(await rows(audience.id), [{EMAIL: hash('a'), EXTERN_ID: 'u1'}]);
});

test('values, on add and on removal', async () => {
  const audience = await create({is_value_based: true});
  const schema = ['EMAIL', 'LOOKALIKE_VALUE'];
  await audience.createUser([], payload(schema, [hash('a'), 44.5], [hash('b'), 0]));
  assert.deepEqual((await rows(audience.id)).map(r => r.LOOKALIKE_VALUE).sort(), ['0', '44.5']);
  for (const call of [p => audience.createUser([], p), p => audience.deleteUsers(p)]) {
    await assert.rejects(call(payload(['EMAIL'], [hash('a')])), e => e.response.code === 100);
  }
  await audience.deleteUsers(payload(schema, [hash('a'), 44.5]));
  assert.equal((await rows(audience.id)).length, 1);
});

test('a session of batches', async () => {
  const audience = await create();
  const batch = (seq, last, email) => audience.createUser([], {
    session: {session_id: 101, batch_seq: seq, last_batch_flag: last, estimated_num_total: 2},
    ...payload(['EMAIL'], [hash(email)]),
  });
  assert.equal((await batch(1, false, 'a')).session_id, '101');
  const open = await audience.getSessions(['session_id', 'stage', 'num_received']);
  assert.deepEqual(open.map(s => s.exportAllData()), [{session_id: '101', stage: 'uploading', num_received: '1'}]);
  assert.equal((await batch(2, true, 'b')).num_received, 2);
  const done = await audience.getSessions(Object.values(sdk.CustomAudienceSession.Fields), {session_id: 101});
  assert.equal(done.length, 1);
  assert.equal(done.hasNext(), false);
  assert.equal(done[0].num_received, '2');
  assert.equal(done[0].stage, 'completed');
  assert.match(done[0].end_time, /^\d+$/);
  assert.equal((await audience.getSessions([], {session_id: 999})).length, 0);
  await assert.rejects(batch(3, true, 'c'), e => e.response.code === 2650 && e.response.error_subcode === 1870159);
});

test('replace all rows in two batches', async () => {
  const audience = await create();
  await audience.createUser([], payload(['EMAIL'], [hash('old')]));
  const batch = (session, seq, last, email) => audience.createUsersReplace([], {
    session: {session_id: session, batch_seq: seq, last_batch_flag: last},
    ...payload(['EMAIL'], [hash(email)]),
  });
  const code = async () => (await new sdk.CustomAudience(audience.id).get(['operation_status'])).operation_status.code;
  await assert.rejects(batch(201, 2, false, 'a'), e => e.response.code === 2650 && e.response.error_subcode === 1870147);
  assert.equal((await batch(201, 1, false, 'a')).session_id, '201');
  assert.equal(await code(), 414);
  for (const call of [() => audience.createUser([], payload(['EMAIL'], [hash('x')])), () => batch(202, 1, true, 'x')]) {
    await assert.rejects(call(), e => e.response.code === 2650 && e.response.error_subcode === 1870145);
  }
  assert.equal((await batch(201, 2, true, 'b')).num_received, 2);
  assert.equal(await code(), 200);
  assert.deepEqual((await rows(audience.id)).map(r => r.EMAIL).sort(), [hash('a'), hash('b')].sort());
});

test('remove a person from every audience of the account', async () => {
  const account = new sdk.AdAccount('act_1');
  const audiences = [await create(), await create()];
  for (const audience of audiences) {
    await audience.createUser([], payload(['EMAIL'], [hash('gone')], [hash('stays')]));
  }
  await account.deleteUsersOfAnyAudience(payload(['EMAIL'], [hash('gone')]));
  for (const audience of audiences) {
    assert.deepEqual(await rows(audience.id), [{EMAIL: hash('stays')}]);
  }
});
