// SPDX-License-Identifier: ISC
// cose.mjs LIBRARY DIR: statement.cose, seen by @auth0/cose.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [library, folder] = process.argv.slice(2);
const { Sign1 } = await import(pathToFileURL(library).href);
const read = (name) => readFileSync(`${folder}/${name}`);
const key = createPublicKey({
  format: 'jwk',
  key: { kty: 'OKP', crv: 'Ed25519', x: read('public.key').toString('base64url') },
});
const verifies = (bytes) =>
  Sign1.decode(bytes).verify(key).then(() => true, () => false);

const good = read('statement.cose');
if (!(await verifies(good))) throw new Error('it does not verify');
if (!Buffer.from(Sign1.decode(good).payload).equals(read('manifest.cbor')))
  throw new Error('the payload is not the manifest');
const type = Sign1.decode(good).protectedHeaders.get(3);
if (type !== 'application/prov-manifest+cbor')
  throw new Error(`content type ${type}`);
// The last bit is the signature's: the check itself can fail.
const bad = Buffer.from(good);
bad[bad.length - 1] ^= 1;
if (await verifies(bad)) throw new Error('a forgery verifies');
