export type Welcome = {
  readonly apiUrl: string;
  readonly simulatorUrl: string | undefined;
  readonly database: string;
  readonly queue: string;
  readonly dataDirectory: string;
  readonly logFolder: string | undefined;
  readonly canMakeTokens: boolean;
};

/** What a person wants to know when everything runs. */
export function welcome(facts: Welcome): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Shop", facts.simulatorUrl === undefined ? undefined : `${facts.simulatorUrl}/shop`],
    ["API docs", `${facts.apiUrl}/docs`],
    ["Database", facts.database],
    ["Queue", facts.queue],
    ["Data", facts.dataDirectory],
    ["Logs", facts.logFolder],
    ["Token", facts.canMakeTokens ? "pnpm ops token --sub you --role admin" : undefined],
    ["Stop", "Ctrl-C"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(width)}  ${value}`]));
  return ["", "  掌柜 Zhanggui is running", "", ...lines, ""].join("\n");
}
