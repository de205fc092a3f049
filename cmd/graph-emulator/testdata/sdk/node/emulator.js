// The SDK pointed at the emulator, and the emulator's admin side.
'use strict';

const assert = require('node:assert/strict');
const {createHash} = require('node:crypto');
const sdk = require('facebook-nodejs-business-sdk');

const {GRAPH_API, GRAPH_ADMIN, GRAPH_TOKEN} = process.env;

// The SDK has no setting for the host. Its class is changed from outside, its code is not.
Object.defineProperty(sdk.FacebookAdsApi, 'GRAPH', {get: () => GRAPH_API});

// connect makes a client. Without the last argument the SDK reports crashes to Facebook.
function connect(token = GRAPH_TOKEN) {
  return new sdk.FacebookAdsApi(token, 'en_US', false);
}

sdk.FacebookAdsApi.setDefaultApi(connect());

async function admin(method, path, body) {
  const answer = await fetch(GRAPH_ADMIN + path, {method, body: body && JSON.stringify(body)});
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
}

const rows = id => admin('GET', `/audiences/${id}/rows`);
const inject = fault => admin('POST', '/faults', fault);
const hash = text => createHash('sha256').update(text).digest('hex');

async function create(params = {}) {
  const made = await new sdk.AdAccount('act_1').createCustomAudience([], {
    name: 'by node', subtype: 'CUSTOM', customer_file_source: 'USER_PROVIDED_ONLY', ...params,
  });
  return new sdk.CustomAudience(made.id);
}

const payload = (schema, ...data) => ({payload: {schema, data}});

module.exports = {sdk, connect, admin, rows, inject, hash, create, payload};
