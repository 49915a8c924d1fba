// SPDX-License-Identifier: ISC
// receipt.mjs LIBRARY VKEY RECEIPT.cose...: RFC 9942 receipts of the entries
// beside them (.entry): the path by @transmute/rfc9162, the signature by
// node:crypto, and a CBOR reader of our own. Altered ones have to be refused.
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [library, vkey, ...paths] = process.argv.slice(2);
const { CoMETRE } = createRequire(import.meta.url)(library);
const merkle = CoMETRE.RFC9162_SHA256;
const plus = vkey.indexOf('+');
const raw = Buffer.from(vkey.slice(vkey.indexOf('+', plus + 1) + 1), 'base64').subarray(1);
const key = createPublicKey({
  format: 'jwk',
  key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
});
const origin = vkey.slice(0, plus);

const fail = (why) => { throw new Error(why); };

// One item of the CBOR that receipts are made of.
function decode(bytes) {
  let at = 0;
  const head = () => {
    if (at >= bytes.length) fail('cut short');
    const major = bytes[at] >> 5, info = bytes[at++] & 31;
    if (info < 24) return [major, info];
    if (info > 26) fail('a length');
    const n = 1 << (info - 24);
    if (at + n > bytes.length) fail('cut short');
    const value = bytes.readUIntBE(at, n);
    at += n;
    return [major, value];
  };
  const string = (n) => {
    if (at + n > bytes.length) fail('cut short');
    at += n;
    return bytes.subarray(at - n, at);
  };
  const item = () => {
    const [major, v] = head();
    switch (major) {
      case 0: return v;
      case 1: return -1 - v;
      case 2: return string(v);
      case 3: return string(v).toString();
      case 4: return Array.from({ length: v }, item);
      case 5: {
        const map = new Map();
        for (let i = 0; i < v; i++) {
          const k = item();
          if (map.has(k)) fail('a label twice');
          map.set(k, item());
        }
        return map;
      }
      case 6: return { tag: v, value: item() };
      default: return v === 22 ? null : fail('a simple value');
    }
  };
  const out = item();
  if (at !== bytes.length) fail('more behind it');
  return out;
}

const bstr = (b) => Buffer.concat([
  b.length < 24 ? Buffer.from([0x40 + b.length]) : Buffer.from([0x58, b.length]), b]);

async function check(receipt, entry) {
  const { tag, value } = decode(receipt);
  if (tag !== 18 || value.length !== 4) fail('no COSE_Sign1');
  const [prot, unprotected, payload, signature] = value;
  const header = decode(prot);
  const claims = header.get(15);
  if (header.get(1) !== -8 || header.get(395) !== 1) fail('algorithms');
  if (header.get(4).length !== 32 || claims.get(1) !== origin ||
      !/^sha256:[0-9a-f]{64}$/.test(claims.get(2))) fail('whose it is');
  if (payload !== null) fail('a payload');
  const proofs = unprotected.get(396).get(-1);
  if (proofs.length !== 1) fail('proofs');
  const [tree_size, leaf_index, inclusion_path] = decode(proofs[0]);
  const leaf = await merkle.leaf(entry);
  const root = await merkle.verify_inclusion_proof(leaf,
    { tree_size, leaf_index, inclusion_path });
  const signed = Buffer.concat([Buffer.from([0x84, 0x6a]),
    Buffer.from('Signature1'), bstr(prot), bstr(Buffer.alloc(0)),
    bstr(Buffer.from(root))]);
  if (!verify(null, signed, key, signature)) fail('the signature');
  return [tree_size, leaf_index];
}

// Whether @transmute/rfc9162 and node refuse it.
const refused = (receipt, entry) => check(receipt, entry).then(() => false, () => true);

let altered = 0;
for (const path of paths) {
  const receipt = readFileSync(path);
  const entry = readFileSync(path.replace(/cose$/, 'entry'));
  const [size, index] = await check(receipt, entry);
  if (!path.endsWith(`/${index}.cose`)) fail(`${path}: index ${index}`);
  const other = Buffer.from(entry);
  other[other.length - 1] ^= 1;
  if (!await refused(receipt, other)) fail(`${path}: another entry`);
  // Every 7th byte from the headers on; size and index are not signed.
  const proof = decode(receipt).value[1].get(396).get(-1)[0];
  const from = receipt.indexOf(proof);
  const to = receipt.indexOf(decode(proof)[2][0]);
  for (let i = 0; i < receipt.length; i += 7) {
    if (i >= from && i < to) continue;
    const bad = Buffer.from(receipt);
    bad[i] ^= 1;
    if (!await refused(bad, entry)) fail(`${path}: byte ${i}`);
    altered++;
  }
  if (size < 1) fail(`${path}: size ${size}`);
}
console.log(`${paths.length} receipts, ${altered} altered ones refused`);
if (paths.length === 0 || altered < 10) process.exit(1);
