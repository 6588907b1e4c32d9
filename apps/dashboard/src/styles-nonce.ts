/** What the api put into the page, so that its policy lets the styles pass that scripts write; absent in development. */
export const stylesNonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce;

/**
 * Ant Design's own styles take the number by `ConfigProvider`. What stands under its tables and dialogs makes a `<style>`
 * without asking (to measure a scroll bar, to keep the page still), so that each gets the number when it is made.
 */
export function giveStylesTheirNonce(nonce: string): void {
  // oxlint-disable-next-line typescript/no-deprecated -- Of its overloads, that for any name is meant, not the deprecated one.
  const create = document.createElement.bind(document);
  Object.defineProperty(document, "createElement", {
    value: (name: string, options?: ElementCreationOptions) => {
      const element = create(name, options);
      if (element instanceof HTMLStyleElement) element.nonce = nonce;
      return element;
    },
  });
}
