'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const {sdk, connect, create, hash, inject, payload} = require('./emulator');

// caught is the error of a call that must fail.
async function caught(promise) {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  return assert.fail('the call did not fail');
}

function assertGraphError(e, status, code, subcode) {
  assert.equal(e.name, 'FacebookRequestError');
  assert.equal(e.status, status);
  assert.equal(e.response.code, code);
  assert.equal(e.response.error_subcode, subcode);
  assert.equal(e.message, e.response.message);
  assert.ok(e.response.fbtrace_id);
  assert.equal(e.headers['x-fb-trace-id'], e.response.fbtrace_id);
  assert.match(e.headers['www-authenticate'], /^OAuth "Facebook Platform" "invalid_request"/);
}

const answers = [
  ['token_expired', 400, 190, 463],
  ['bad_data', 400, 100, undefined],
  ['flagged', 400, 100, 1713230],
  ['gone', 400, 100, 33],
  ['too_many', 400, 105, undefined],
  ['forbidden', 403, 200, undefined],
  ['tos', 403, 200, 1870090],
  ['replace_in_progress', 400, 2650, 1870145],
  ['803_after_create', 400, 803, undefined],
  ['throttle_80003', 400, 80003, 2446079],
  ['throttle_17', 400, 17, 2446079],
  ['throttle_613', 400, 613, 1487742],
  ['abuse_613', 400, 613, undefined],
  ['code4', 400, 4, undefined],
  ['code368', 400, 368, undefined],
  ['code1_99', 500, 1, 99],
  ['code2_transient', 503, 2, undefined],
  ['http500', 500, 1, undefined],
];

for (const [kind, status, code, subcode] of answers) {
  test(`${kind} on add`, async () => {
    const audience = await create();
    await inject({kind, match: {audience: audience.id}});
    const e = await caught(audience.createUser([], payload(['EMAIL'], [hash('a')])));
    assertGraphError(e, status, code, subcode);
    assert.equal(e.method, 'POST');
    assert.equal(e.response.is_transient, kind === 'code2_transient' ? true : undefined);
    // The fault is over, and nothing was added by it.
    assert.equal((await audience.createUser([], payload(['EMAIL'], [hash('a')]))).num_received, 1);
  });
}

test('low_size on removal', async () => {
  const audience = await create();
  await inject({kind: 'low_size', match: {audience: audience.id}});
  assertGraphError(await caught(audience.deleteUsers(payload(['EMAIL'], [hash('a')]))), 400, 200, 1870047);
});

test('a throttled call says how long to wait', async () => {
  const audience = await create();
  await inject({kind: 'throttle_80003', match: {audience: audience.id}, delay: '7m'});
  const e = await caught(audience.get(['name']));
  assertGraphError(e, 400, 80003, 2446079);
  const usage = JSON.parse(e.headers['x-business-use-case-usage'])['1'][0];
  assert.deepEqual([usage.call_count, usage.estimated_time_to_regain_access], [100, 7]);
  await inject({kind: 'throttle_17', match: {audience: audience.id}});
  const add = await caught(audience.createUser([], payload(['EMAIL'], [hash('a')])));
  assert.equal(JSON.parse(add.headers['x-ad-account-usage']).acc_id_util_pct, 100);
  assert.ok(add.headers['x-app-usage']);
});

test('bad parameters', async () => {
  const account = new sdk.AdAccount('act_1');
  for (const params of [
    {subtype: 'CUSTOM'},
    {name: 'n', subtype: 'CUSTOM', customer_file_source: 'NOBODY'},
  ]) {
    assertGraphError(await caught(account.createCustomAudience([], params)), 400, 100, undefined);
  }
  const audience = await create();
  for (const params of [{}, payload(['EMAIL', 'FN'], [hash('a')]), payload(['SHOE_SIZE'], ['44'])]) {
    assertGraphError(await caught(audience.createUser([], params)), 400, 100, undefined);
  }
  assertGraphError(await caught(audience.get(['rainfall'])), 400, 100, undefined);
  const rows = Array.from({length: 10001}, (_, i) => [hash(String(i))]);
  assertGraphError(await caught(audience.createUser([], payload(['EMAIL'], ...rows))), 400, 105, undefined);
});

test('a wrong token', async () => {
  const audience = await create();
  const stranger = new sdk.CustomAudience(audience.id, {}, null, connect('wrong'));
  assertGraphError(await caught(stranger.get(['name'])), 400, 190, undefined);
});

// The SDK expects JSON: of a page or plain text it keeps nothing but that it is none.
for (const kind of ['html400', 'html500', 'http503']) {
  test(`${kind} is no JSON to the SDK`, async () => {
    const audience = await create();
    await inject({kind, match: {audience: audience.id}});
    assert.ok(await caught(audience.get(['name'])) instanceof SyntaxError);
  });
}

test('a connection that is cut', async () => {
  const audience = await create();
  await inject({kind: 'reset_before', match: {audience: audience.id}});
  const e = await caught(audience.get(['name']));
  assert.equal(e.name, 'FacebookRequestError');
  assert.equal(e.status, null);
  assert.equal(e.message, 'The request was made but no response was received');
});
