import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

/** As whom a server runs: what is put before its command, and who must own its files (undefined: whoever we are). */
export type Account = { readonly prefix: readonly string[]; readonly owner?: Owner };
type Owner = { readonly uid: number; readonly gid: number };

const ourselves: Account = { prefix: [] };

/**
 * PostgreSQL refuses to run as root. Everybody else is just themselves; root tries, with the real program on the real
 * directory, what this machine allows:
 *
 * 1. a user namespace, in which we are called "nobody" but still are the owner of our files, also below a private
 *    folder such as /root or what `mktemp -d` makes. Containers often forbid it;
 * 2. the user "nobody" with the one right to pass through private folders. Its files then belong to nobody.
 */
export function chooseAccount(input: { readonly program: string; readonly directory: string }): Account {
  if (process.getuid?.() !== 0) return ourselves;

  const account = accountsForRoot().find((candidate) => canRun(candidate, input));
  if (account) return account;
  throw new Error(
    `PostgreSQL refuses to run as root, and this machine lets it run in ${input.directory} in no other way: run as another user, or set DATABASE_URL.`,
  );
}

function accountsForRoot(): readonly Account[] {
  const nobody = findNobody();
  if (!nobody) return [];
  const right = "+dac_override";
  return [
    { prefix: ["unshare", "--user", `--map-user=${nobody.uid}`], owner: { uid: 0, gid: 0 } },
    {
      prefix: [
        "setpriv",
        `--reuid=${nobody.uid}`,
        `--regid=${nobody.gid}`,
        "--clear-groups",
        `--inh-caps=${right}`,
        `--ambient-caps=${right}`,
      ],
      owner: nobody,
    },
  ];
}

/** By its entry in the password file: initdb insists on a user that has a name. */
function findNobody(): Owner | undefined {
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function canRun(
  account: Account,
  { program, directory }: { readonly program: string; readonly directory: string },
): boolean {
  if (!handOver(account, directory)) return false;
  const [first, ...rest] = [...account.prefix, "sh", "-c", 'test -w "$1" && "$0" --version', program, directory];
  return spawnSync(first, rest, { stdio: "ignore" }).status === 0;
}

/** Makes an account the owner of a directory, also of one that an earlier run left to another account. */
function handOver({ owner }: Account, directory: string): boolean {
  if (owner === undefined || statSync(directory).uid === owner.uid) return true;
  return spawnSync("chown", ["-R", `${owner.uid}:${owner.gid}`, directory], { stdio: "ignore" }).status === 0;
}
