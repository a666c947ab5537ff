import { describe, expect, it } from 'vitest';
import { SiskinError } from './errors.ts';
import {
  type Envelope,
  fromBase64,
  openEnvelope,
  parseEnvelope,
  preAuthEncoding,
  toBase64,
  type Verify,
} from './signature.ts';

const text = new TextEncoder();
const fromHex = (hex: string) =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));

const ed25519: Verify = async (signature, message, publicKey) => {
  const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, [
    'verify',
  ]);
  return crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message));
};

/** RFC 8032, section 7.1: TEST 1, TEST 2 and TEST 3 of Ed25519. */
const RFC_8032 = [
  {
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    public: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    public: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    public: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
] as const;

type Vector = (typeof RFC_8032)[number];

async function sign(vector: Vector, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: toBase64(fromHex(vector.secret)),
    x: toBase64(fromHex(vector.public)),
  };
  const key = await crypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, message));
}

const publicOf = (vector: Vector) => toBase64(fromHex(vector.public));

const TYPE = 'application/vnd.siskin.manifest+json';

async function envelope(payload: string, ...signers: Vector[]): Promise<Envelope> {
  const body = text.encode(payload);
  const message = preAuthEncoding(TYPE, body);
  const signatures = await Promise.all(
    signers.map(async (signer) => ({ sig: toBase64(await sign(signer, message)) })),
  );
  return { payloadType: TYPE, payload: toBase64(body), signatures };
}

const [FIRST, SECOND, THIRD] = RFC_8032;

const open = (sealed: Envelope, ...keys: Vector[]) =>
  openEnvelope(sealed, TYPE, keys.map(publicOf), ed25519);

const refused = (code: string) => expect.objectContaining({ name: 'SiskinError', code });

describe('Ed25519, as this test uses it', () => {
  it.each(RFC_8032)('signs and verifies the vector of RFC 8032 for "$message"', async (vector) => {
    const message = fromHex(vector.message);
    expect(await sign(vector, message)).toEqual(fromHex(vector.signature));
    expect(await ed25519(fromHex(vector.signature), message, fromHex(vector.public))).toBe(true);
  });
});

/** The test vector of https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
const DSSE = {
  type: 'http://example.com/HelloWorld',
  body: 'hello world',
  pae: 'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  x: 46950820868899156662930047687818585632848591499744589407958293238635476079160n,
  y: 5640078356564379163099075877009565129882514886557779369047442380624545832820n,
  envelope: `{"payload": "aGVsbG8gd29ybGQ=",
    "payloadType": "http://example.com/HelloWorld",
    "signatures": [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}]}`,
};

/** ECDSA over P-256 with SHA-256, which the vector uses; the key is an uncompressed point. */
const p256: Verify = async (signature, message, publicKey) => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const raw = new Uint8Array(publicKey);
  const key = await crypto.subtle.importKey('raw', raw, algorithm, false, ['verify']);
  return crypto.subtle.verify(algorithm, key, new Uint8Array(signature), new Uint8Array(message));
};

describe('DSSE', () => {
  const point = [DSSE.x, DSSE.y].map((n) => n.toString(16).padStart(64, '0')).join('');
  const key = toBase64(fromHex(`04${point}`));

  it('encodes what is signed as its test vector does', () => {
    expect(preAuthEncoding(DSSE.type, text.encode(DSSE.body))).toEqual(text.encode(DSSE.pae));
  });

  it('counts bytes, not characters', () => {
    expect(preAuthEncoding('é', text.encode('€'))).toEqual(text.encode('DSSEv1 2 é 3 €'));
    expect(preAuthEncoding('', new Uint8Array())).toEqual(text.encode('DSSEv1 0  0 '));
  });

  it('opens the envelope of its test vector', async () => {
    const payload = await openEnvelope(parseEnvelope(DSSE.envelope), DSSE.type, [key], p256);
    expect(payload).toEqual(text.encode(DSSE.body));
  });

  it('refuses it with another body', async () => {
    const other = {
      ...parseEnvelope(DSSE.envelope),
      payload: toBase64(text.encode('hello w0rld')),
    };
    await expect(openEnvelope(other, DSSE.type, [key], p256)).rejects.toEqual(
      refused('manifest_signature'),
    );
  });
});

describe('openEnvelope', () => {
  it('gives the exact bytes that were signed, white space and all', async () => {
    const payload = '{ "b": 1,\r\n  "a": "ü" }\n';
    const opened = await open(await envelope(payload, FIRST), FIRST);
    expect(new TextDecoder().decode(opened)).toBe(payload);
  });

  it('refuses a payload with one bit flipped, wherever it is', async () => {
    const sealed = await envelope('{"sequence":7}', FIRST);
    const bytes = fromBase64(sealed.payload);
    for (let bit = 0; bit < bytes.length * 8; bit += 5) {
      const tampered = bytes.slice();
      tampered[bit >> 3]! ^= 1 << (bit & 7);
      await expect(open({ ...sealed, payload: toBase64(tampered) }, FIRST)).rejects.toEqual(
        refused('manifest_signature'),
      );
    }
  });

  it('refuses a signature with one bit flipped, wherever it is', async () => {
    const sealed = await envelope('{}', FIRST);
    const bytes = fromBase64(sealed.signatures[0]!.sig);
    for (let bit = 0; bit < bytes.length * 8; bit += 37) {
      const tampered = bytes.slice();
      tampered[bit >> 3]! ^= 1 << (bit & 7);
      const signatures = [{ sig: toBase64(tampered) }];
      await expect(open({ ...sealed, signatures }, FIRST)).rejects.toEqual(
        refused('manifest_signature'),
      );
    }
  });

  it('refuses another type before it looks at the signature', async () => {
    const sealed = { ...(await envelope('{}', FIRST)), payloadType: 'application/json' };
    await expect(open(sealed, FIRST)).rejects.toEqual(refused('manifest_signature'));
    // And the type is under the signature: passing for it does not help.
    await expect(
      openEnvelope(sealed, 'application/json', [publicOf(FIRST)], ed25519),
    ).rejects.toEqual(refused('manifest_signature'));
  });

  it('refuses a key that is not known, and opens for none without keys', async () => {
    const sealed = await envelope('{}', FIRST);
    await expect(open(sealed, SECOND)).rejects.toEqual(refused('manifest_signature'));
    await expect(open(sealed)).rejects.toEqual(refused('manifest_signature'));
  });

  it('follows a rotation of keys: old and new devices open the same envelope', async () => {
    const both = await envelope('{}', FIRST, SECOND);
    await expect(open(both, FIRST)).resolves.toEqual(text.encode('{}'));
    await expect(open(both, SECOND)).resolves.toEqual(text.encode('{}'));
    await expect(open(both, THIRD)).rejects.toEqual(refused('manifest_signature'));
    // A device that trusts both takes what either signed.
    await expect(open(await envelope('{}', FIRST), SECOND, FIRST)).resolves.toBeDefined();
    await expect(open(await envelope('{}', SECOND), SECOND, FIRST)).resolves.toBeDefined();
  });

  it('does not believe a keyid', async () => {
    const sealed = await envelope('{}', FIRST);
    const named = sealed.signatures.map(({ sig }) => ({ sig, keyid: publicOf(SECOND) }));
    await expect(open({ ...sealed, signatures: named }, FIRST)).resolves.toBeDefined();
    await expect(open({ ...sealed, signatures: named }, SECOND)).rejects.toEqual(
      refused('manifest_signature'),
    );
  });
});

describe('parseEnvelope', () => {
  it.each([
    ['not JSON', '<!doctype html>'],
    ['empty', ''],
    ['null', 'null'],
    ['an array', '[]'],
    ['without a payload', '{"payloadType":"t","signatures":[{"sig":"AA=="}]}'],
    ['without signatures', '{"payloadType":"t","payload":"AA==","signatures":[]}'],
    ['a payload of numbers', '{"payloadType":"t","payload":[1],"signatures":[{"sig":"AA=="}]}'],
    ['a payload that is not base64', '{"payloadType":"t","payload":"%","signatures":[{"sig":""}]}'],
    [
      'a payload of an impossible length',
      '{"payloadType":"t","payload":"AAAAA","signatures":[{"sig":""}]}',
    ],
    [
      'a signature that is not base64',
      '{"payloadType":"t","payload":"","signatures":[{"sig":"é"}]}',
    ],
    ['padding in the middle', '{"payloadType":"t","payload":"A=AA","signatures":[{"sig":""}]}'],
  ])('refuses what is %s', (_, body) => {
    expect(() => parseEnvelope(body)).toThrow(refused('manifest_invalid'));
  });

  it('refuses more signatures than anyone needs', () => {
    const signatures = Array.from({ length: 17 }, () => ({ sig: 'AA==' }));
    const body = JSON.stringify({ payloadType: 't', payload: 'AA==', signatures });
    expect(() => parseEnvelope(body)).toThrow(SiskinError);
  });

  it('passes over members that it does not know', () => {
    const body = '{"payloadType":"t","payload":"AA==","signatures":[{"sig":"AA==","x":1}],"y":2}';
    expect(parseEnvelope(body)).toEqual({
      payloadType: 't',
      payload: 'AA==',
      signatures: [{ sig: 'AA==' }],
    });
  });
});

describe('base64', () => {
  /** RFC 4648, section 10. */
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('reads and writes the vector "%s"', (plain, encoded) => {
    expect(fromBase64(encoded)).toEqual(text.encode(plain));
    expect(fromBase64(encoded.replaceAll('=', ''))).toEqual(text.encode(plain));
    expect(toBase64(text.encode(plain))).toBe(encoded.replaceAll('=', ''));
  });

  it('reads both alphabets', () => {
    expect(fromBase64('-_-_')).toEqual(fromBase64('+/+/'));
    expect(toBase64(Uint8Array.of(0xfb, 0xff, 0xbf))).toBe('-_-_');
  });

  it('carries every byte of a large payload', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) & 0xff);
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  });
});
