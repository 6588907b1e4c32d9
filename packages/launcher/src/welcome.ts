export type Welcome = {
  readonly apiUrl: string;
  readonly simulatorUrl: string | undefined;
  readonly database: string;
  readonly queue: string;
  readonly dataDirectory: string;
  readonly logFolder: string | undefined;
  readonly canMakeTokens: boolean;
  /** Who signs in to the console, and with what, when that was just made up. */
  readonly operator: { readonly email: string; readonly oneTimePassword: string | undefined } | undefined;
};

/** What a person wants to know when everything runs. */
export function welcome(facts: Welcome): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["Shop", facts.simulatorUrl === undefined ? undefined : `${facts.simulatorUrl}/shop`],
    ["Console", `${facts.apiUrl}/dashboard`],
    ["", facts.operator === undefined ? undefined : signInOf(facts.operator)],
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

function signInOf({ email, oneTimePassword }: NonNullable<Welcome["operator"]>): string {
  return oneTimePassword === undefined ? email : `${email}, one-time password ${oneTimePassword} (shown this once)`;
}
