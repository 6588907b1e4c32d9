import { createHmac, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { SignJWT, exportJWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { createAuthenticate } from "../src/http/authentication.ts";
import { expectProblem } from "./problem.ts";
import { type Shop, openShop } from "./shop.ts";
import { customer, jwtSecret, tokenOf } from "./tokens.ts";

const claims = { sub: "customer-1", role: "customer" };
const seconds = () => Math.floor(Date.now() / 1000);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("with a shared secret", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  const list = (token?: string, headers = {}) =>
    shop.ask("GET", "/orders", { ...(token === undefined ? {} : { token }), headers });

  test("no token, and nothing that is no token, is 401", async () => {
    expectProblem(await list(), 401, "unauthenticated");
    for (const authorization of [
      "Bearer",
      "Bearer ",
      "Basic YTpi",
      "bearer a b",
      customer,
      "Bearer a\tb",
      "Bearer é",
    ]) {
      expectProblem(await list(undefined, { authorization }), 401, "unauthenticated");
    }
  });

  test.each<[string, () => string | Promise<string>]>([
    ["of another secret", () => tokenOf(claims, new TextEncoder().encode("another secret, longer than 32 bytes"))],
    ["that ended a second ago", () => tokenOf({ ...claims, exp: seconds() - 1 })],
    ["that begins in a minute", () => tokenOf({ ...claims, nbf: seconds() + 60 })],
    ["without a sub", () => tokenOf({ role: "customer" })],
    ["with an empty sub", () => tokenOf({ ...claims, sub: "" })],
    ["with NUL in its sub", () => tokenOf({ ...claims, sub: "a\0b" })],
    ["with half a character in its sub", () => tokenOf({ ...claims, sub: "a\ud800" })],
    ["with a sub of 201 letters", () => tokenOf({ ...claims, sub: "s".repeat(201) })],
    ["with a sub that is a number", () => tokenOf({ ...claims, sub: 7 as unknown as string })],
    ["that is unsigned (alg none)", () => `${part({ alg: "none" })}.${part(claims)}.`],
    ["that says alg NONE", () => `${part({ alg: "NONE" })}.${part(claims)}.`],
    ["without its signature", () => customer.replace(/\.[^.]*$/, ".")],
    [
      "with other claims under the signature",
      () => customer.replace(/\.[^.]*\./, `.${part({ sub: "x", role: "admin" })}.`),
    ],
    [
      "of HS512",
      () => new SignJWT(claims).setProtectedHeader({ alg: "HS512" }).sign(new TextEncoder().encode(jwtSecret)),
    ],
    ["that is no JWT", () => "abc"],
    ["of dots", () => "..."],
  ])("a token %s is 401", async (_, make) => {
    expectProblem(await list(await make()), 401, "unauthenticated");
  });

  test("a role that is none of ours is 403", async () => {
    expectProblem(await list(await tokenOf({ sub: "a", role: "root" })), 403, "forbidden");
    expectProblem(await list(await tokenOf({ sub: "a" })), 403, "forbidden");
  });

  test("a token without an end, and one whose clock is two seconds ahead, are taken", async () => {
    expect((await list(await tokenOf(claims))).status).toBe(200);
    expect((await list(await tokenOf({ ...claims, nbf: seconds() + 2, exp: seconds() + 60 }))).status).toBe(200);
  });
});

describe("with the published keys of an identity provider", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  let healthy = true;
  const server = createServer((_, response) => {
    if (!healthy) {
      response.statusCode = 500;
      response.end();
      return;
    }
    void keySet().then((body) => response.setHeader("content-type", "application/json").end(body));
  });
  const keySet = async () =>
    JSON.stringify({
      keys: [
        { ...(await exportJWK(rsa.publicKey)), kid: "rsa", alg: "RS256", use: "sig" },
        { ...(await exportJWK(ec.publicKey)), kid: "ec", alg: "ES256", use: "sig" },
      ],
    });
  let url: string;

  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  });
  afterAll(() => void server.close());

  const authenticate = () => createAuthenticate({ secret: undefined, jwksUrl: url, now: () => new Date() });
  const signedBy = (alg: string, kid: string, key: Parameters<SignJWT["sign"]>[0]) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid }).setExpirationTime("1m").sign(key);

  test("RS256 and ES256 tokens are taken", async () => {
    const verify = authenticate();

    expect(await verify(await signedBy("RS256", "rsa", rsa.privateKey))).toEqual(claims);
    expect(await verify(await signedBy("ES256", "ec", ec.privateKey))).toEqual(claims);
  });

  test("an HS256 token made with the public key as its secret is refused", async () => {
    const publicKey = rsa.publicKey.export({ type: "spki", format: "pem" });
    const head = `${part({ alg: "HS256", kid: "rsa" })}.${part({ ...claims, role: "admin" })}`;
    const forged = `${head}.${createHmac("sha256", publicKey).update(head).digest("base64url")}`;

    await expect(authenticate()(forged)).rejects.toMatchObject({ code: "unauthenticated" });
  });

  test("unsigned tokens, other keys and keys of other names are refused", async () => {
    const verify = authenticate();
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 });

    for (const token of [
      `${part({ alg: "none" })}.${part(claims)}.`,
      await signedBy("RS256", "rsa", other.privateKey),
      await signedBy("RS256", "nobody", rsa.privateKey),
    ]) {
      await expect(verify(token)).rejects.toMatchObject({ code: "unauthenticated" });
    }
  });

  test("a provider that does not answer is 503, never a verdict about the token", async () => {
    healthy = false;
    const shop = await openShop({ authenticate: authenticate() });
    const token = await signedBy("RS256", "rsa", rsa.privateKey);

    expectProblem(await shop.ask("GET", "/orders", { token }), 503, "gateway_unavailable");
    healthy = true;
    expect((await shop.ask("GET", "/orders", { token })).status).toBe(200);
    await shop.close();
    const nobody = createAuthenticate({ secret: undefined, jwksUrl: "http://127.0.0.1:1/", now: () => new Date() });
    await expect(nobody(token)).rejects.toMatchObject({ code: "gateway_unavailable" });
  });
});
