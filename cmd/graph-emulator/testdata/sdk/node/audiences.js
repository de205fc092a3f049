'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const {sdk, admin, connect, create} = require('./emulator');

test('create, read, update, delete', async () => {
  const description = 'a description; with = & ü';
  const audience = await create({
    name: 'first', description, retention_days: 30, opt_out_link: 'https://example.com/out', is_value_based: false,
  });
  assert.match(audience.id, /^\d{17}$/);
  const fields = ['name', 'description', 'account_id', 'subtype', 'retention_days', 'opt_out_link', 'customer_file_source',
    'is_value_based', 'operation_status', 'delivery_status', 'approximate_count_lower_bound', 'time_created'];
  const read = await new sdk.CustomAudience(audience.id).get(fields);
  assert.equal(read.name, 'first');
  assert.equal(read.description, description);
  assert.equal(read.account_id, '1');
  assert.equal(read.subtype, 'CUSTOM');
  assert.equal(read.retention_days, 30);
  assert.equal(read.opt_out_link, 'https://example.com/out');
  assert.equal(read.customer_file_source, 'USER_PROVIDED_ONLY');
  assert.equal(read.is_value_based, false);
  assert.equal(read.operation_status.code, 410);
  assert.equal(read.delivery_status.code, 300);
  assert.equal(read.approximate_count_lower_bound, -1);
  assert.ok(Math.abs(read.time_created - Date.now() / 1000) < 3600);

  assert.deepEqual(await new sdk.CustomAudience(audience.id).update([], {name: 'second'}), {success: true});
  assert.equal((await new sdk.CustomAudience(audience.id).get(['name'])).name, 'second');
  assert.deepEqual(await new sdk.CustomAudience(audience.id).delete([]), {success: true});
  await assert.rejects(new sdk.CustomAudience(audience.id).get(['name']), e =>
    e.response.code === 100 && e.response.error_subcode === 33 && e.message.startsWith('Unsupported get request.'));
});

test('every field the SDK knows can be asked for', async () => {
  const audience = await create();
  const read = await audience.get(Object.values(sdk.CustomAudience.Fields));
  assert.equal(read.id, audience.id);
});

test('a value based audience', async () => {
  const audience = await create({is_value_based: true});
  assert.equal((await audience.get(['is_value_based'])).is_value_based, true);
});

test('list all pages, and back', async () => {
  const account = new sdk.AdAccount('act_2');
  const empty = await account.getCustomAudiences(['name'], {limit: 2});
  assert.equal(empty.length, 0);
  assert.equal(empty.hasNext(), false);

  const made = [];
  for (let i = 0; i < 5; i++) {
    made.unshift((await account.createCustomAudience([], {name: `n${i}`, subtype: 'CUSTOM'})).id);
  }
  let page = await account.getCustomAudiences(['name'], {limit: 2});
  assert.equal(page.hasPrevious(), false);
  const pages = [page.map(a => a.id)];
  while (page.hasNext()) {
    page = await page.next();
    pages.push(page.map(a => a.id));
  }
  assert.deepEqual(pages, [made.slice(0, 2), made.slice(2, 4), made.slice(4)]);
  await assert.rejects(page.next(), RangeError);
  page = await page.previous();
  assert.deepEqual(page.map(a => a.id), made.slice(2, 4));
  page = await page.previous();
  assert.deepEqual(page.map(a => a.id), made.slice(0, 2));
  assert.equal(page.hasPrevious(), false);

  const named = await account.getCustomAudiences(['name'], {
    filtering: [{field: 'name', operator: 'EQUAL', value: 'n3'}],
  });
  assert.deepEqual(named.map(a => a.name), ['n3']);
});

test('the ad accounts of the token', async () => {
  let page = await new sdk.User('me').getAdAccounts(['account_id', 'user_tasks'], {limit: 2});
  assert.deepEqual(page.map(a => a.account_id), ['1', '2']);
  assert.ok(page[0].user_tasks.includes('ADVERTISE'));
  page = await page.next();
  assert.deepEqual(page.map(a => a.account_id), ['3']);
  assert.equal(page.hasNext(), false);
});

test('usage and version headers', async () => {
  const api = connect().setShowHeader(true);
  const page = await new sdk.AdAccount('act_1', {}, null, api).getCustomAudiences([]);
  const usage = JSON.parse(page.headers['x-business-use-case-usage'])['1'][0];
  assert.equal(usage.type, 'custom_audience');
  assert.equal(usage.estimated_time_to_regain_access, 0);
  // Version 24 of the SDK asks for an API version that ended.
  assert.match(page.headers['x-ad-api-version-warning'], /v24\.0/);
});

test('the token and the terms', async () => {
  const answer = await connect().getAppID();
  assert.match(answer.data.data.app_id, /^\d+$/);
  const account = new sdk.AdAccount('act_3');
  assert.equal((await account.get(['tos_accepted'])).tos_accepted.custom_audience_tos, 1);
  await admin('POST', '/accounts/act_3/tos', {accepted: false});
  await assert.rejects(account.createCustomAudience([], {name: 'n', subtype: 'CUSTOM'}), e =>
    e.status === 403 && e.response.code === 200 && e.response.error_subcode === 1870090 &&
    e.response.error_user_title === 'Custom Audience Terms Not Accepted');
  await admin('POST', '/accounts/act_3/tos', {accepted: true});
});
