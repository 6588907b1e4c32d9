import { randomBytes } from "node:crypto";

/** How long a `download_url` is good for (WeChat Pay v3 "下载账单"). */
const validMs = 30_000;
/** Beyond these the oldest is taken off: a merchant fetches one at a time. */
const maximumFiles = 16;

type Shelved = { readonly file: Uint8Array<ArrayBuffer>; readonly until: number };

/** The files that were promised, byte for byte as they were when their digest was told. */
export type BillShelf = {
  /** Returns the token by which it is fetched. */
  readonly put: (file: Uint8Array<ArrayBuffer>) => string;
  readonly find: (token: string) => Uint8Array<ArrayBuffer> | undefined;
};

export function openBillShelf(now: () => Date): BillShelf {
  const files = new Map<string, Shelved>();
  return {
    put(file) {
      const token = randomBytes(24).toString("base64url");
      files.set(token, { file, until: now().getTime() + validMs });
      const oldest = files.keys().next();
      if (files.size > maximumFiles && !oldest.done) files.delete(oldest.value);
      return token;
    },
    find(token) {
      const shelved = files.get(token);
      return shelved !== undefined && now().getTime() <= shelved.until ? shelved.file : undefined;
    },
  };
}
